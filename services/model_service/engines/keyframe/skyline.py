"""The city from afar: towers in rows with lit windows, and the neon on them."""

import numpy as np

from services.model_service.engines.keyframe.brush import Lights, lay, polygons
from services.model_service.engines.keyframe.canvas import Array, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

NEON = ("#ff4fd8", "#22e6ff", "#ffcf3d", "#7a5cff", "#ff5a4f")
WARM_WINDOW = "#ffd98a"
_WALLS = ("#7f8794", "#8f8378", "#6d7688", "#9a8f86", "#5f6b7c", "#a89c8c", "#56647a")


def window_light(stage: Stage) -> float:
    """How much windows shine at this hour."""
    return 1.0 if stage.dark else 0.75 if stage.lamps else 0.0


def paint_skyline(stage: Stage, *, near: bool = True, open_middle: bool = True, base: float = 0.05) -> None:
    """Two rows of towers on `far`; with `near` a third on `mid`, taller at the sides so that the middle stays open."""
    rng, frame, unit = stage.rng("skyline"), stage.frame, stage.unit
    neon = "neon" in stage.scene.props
    lights = Lights(frame)
    rows = ((0.72, 0.16, 0.44, 0.060, "far"), (0.46, 0.14, 0.46, 0.085, "far"), (0.20, 0.30, 0.72, 0.13, "mid"))
    for row, (distance, low, high, wide, name) in enumerate(rows if near else rows[:2]):
        sheet = Sheet(frame.width, frame.height)
        x = -unit * 0.1
        while x < frame.width:
            width = unit * wide * float(rng.uniform(0.7, 1.5))
            middle = abs((x + width / 2) / frame.width - 0.5)
            if row == 2 and middle < 0.26 and open_middle:
                x += width
                continue
            tall = stage.rise * float(rng.uniform(low, high)) * (0.75 + 0.9 * middle)
            foot = stage.y(base + 0.05 * row)
            wall = stage.lit(rgb(_WALLS[int(rng.integers(len(_WALLS)))]) * np.float32(rng.uniform(0.8, 1.1)), distance)
            _tower(sheet, stage, rng, (x, foot, width, tall), wall, distance, lights if neon and row else None)
            x += width + unit * float(rng.uniform(-0.006, 0.012))
        lay(stage.layers[name], sheet)
    lights.shine(stage.layers["far"])


def _tower(
    sheet: Sheet,
    stage: Stage,
    rng: np.random.Generator,
    at: tuple[float, float, float, float],
    wall: Array,
    distance: float,
    lights: Lights | None,
) -> None:
    """A tower at (left, foot, width, height): a lit and a shaded face, a crown, a grid of windows."""
    x, foot, width, tall = at
    unit, top, side = stage.unit, foot - tall, stage.side
    deep = foot + unit * 0.2
    split = x + width * (0.30 if side > 0 else 0.70)
    sheet.box(x, top, x + width, deep, wall)
    away = (x, split) if side > 0 else (split, x + width)
    sheet.polygon([(away[0], top), (away[1], top), (away[1], deep), (away[0], deep)], wall * np.float32(0.74))
    crown = int(rng.integers(6))
    middle = x + width / 2
    if crown == 0:
        sheet.box(x + width * 0.25, top - tall * 0.07, x + width * 0.75, top + 2, wall * np.float32(0.92))
        sheet.line([(middle, top - tall * 0.07), (middle, top - tall * 0.2)], wall, max(unit / 500, 1))
    elif crown == 1:
        sheet.polygon([(x + width * 0.1, top + 1), (middle, top - tall * 0.16), (x + width * 0.9, top + 1)], wall)
        sheet.line([(middle, top - tall * 0.14), (middle, top - tall * 0.27)], wall, max(unit / 500, 1))
    elif crown == 2:
        sheet.polygon(((x, top + 1), (x + width, top + 1), (x + width, top - tall * 0.07)), wall)
    elif crown == 3:
        for k in range(3):
            inset = width * (0.12 + 0.13 * k)
            sheet.box(x + inset, top - tall * 0.035 * (k + 1), x + width - inset, top + 2, wall * np.float32(0.95 + 0.04 * k))
    elif crown == 4:
        for dx in (0.2, 0.6):
            sheet.box(x + width * dx, top - unit * 0.012, x + width * (dx + 0.18), top + 2, wall * np.float32(0.8))
    shine = window_light(stage)
    cell_x, cell_y = max(unit * 0.016 * (1.25 - distance), 3.5), max(unit * 0.024 * (1.25 - distance), 5.0)
    columns, floors = int((width - cell_x * 0.8) / cell_x), int((min(foot, stage.frame.height) - top - cell_y) / cell_y)
    if columns < 1 or floors < 1:
        return
    gx, gy = np.meshgrid(x + cell_x * 0.6 + cell_x * np.arange(columns), top + cell_y * 0.7 + cell_y * np.arange(floors))
    gx, gy = gx.ravel(), gy.ravel()
    chance = rng.random(gx.size)
    warm, cold = (mix(rgb(code), stage.palette.haze, distance * 0.5) for code in (WARM_WINDOW, "#cfe4ff"))
    glass = stage.lit(rgb("#b9d2e6"), distance)
    dim = wall * np.float32(0.72) if shine else mix(wall * np.float32(0.72), glass, 0.75)
    colours = np.where(
        (chance < 0.30 * shine)[:, None], warm, np.where((chance < 0.42 * shine)[:, None], cold * np.float32(0.9), dim)
    )
    strip = rng.random() < 0.3
    w, h = cell_x * (0.86 if strip else 0.52), cell_y * (0.42 if strip else 0.5)
    corners = np.stack([np.stack([gx + a * w, gy + b * h], 1) for a, b in ((0, 0), (1, 0), (1, 1), (0, 1))], 1)
    polygons(sheet, corners.astype(np.float32), colours)
    if lights is not None and rng.random() < 0.75:
        _sign(sheet, stage, rng, at, wall, distance, lights)


def _sign(
    sheet: Sheet,
    stage: Stage,
    rng: np.random.Generator,
    at: tuple[float, float, float, float],
    wall: Array,
    distance: float,
    lights: Lights,
) -> None:
    x, foot, width, tall = at
    unit, top = stage.unit, foot - tall
    colour = rgb(NEON[int(rng.integers(len(NEON)))])
    sign_w, sign_h = unit * 0.020 * (1.3 - distance), unit * float(rng.uniform(0.07, 0.16)) * (1.3 - distance)
    sx, sy = x + width * float(rng.uniform(0.1, 0.8)), top + tall * float(rng.uniform(0.12, 0.4))
    if rng.random() < 0.35:
        sign_w, sign_h, sx = width * 0.6, unit * 0.03, x + width * 0.2
    sheet.box(sx - 2, sy - 2, sx + sign_w + 2, sy + sign_h + 2, wall * np.float32(0.35))
    steps = max(int(max(sign_h, sign_w) / (min(sign_w, sign_h) * 1.05)), 1)
    for k in range(steps):
        a, b = k / steps, (k + 0.72) / steps
        if sign_h > sign_w:
            sheet.box(sx + sign_w * 0.15, sy + sign_h * a, sx + sign_w * 0.85, sy + sign_h * b, colour)
        else:
            sheet.box(sx + sign_w * a, sy + sign_h * 0.15, sx + sign_w * b, sy + sign_h * 0.85, colour)
    lights.add(sx + sign_w / 2, sy + sign_h / 2, max(sign_w, sign_h) * 0.9, colour, 0.55)
