"""The city: skylines, neon, streets that mirror them in the wet, lamps."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Layer, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

NEON = ("#ff4fd8", "#22e6ff", "#ffcf3d", "#7a5cff", "#ff5a4f")
WARM_WINDOW = "#ffd98a"


def window_light(stage: Stage) -> float:
    """How much windows shine at this hour."""
    return 1.0 if stage.dark else 0.75 if stage.scene.time in {"dusk", "dawn"} or stage.overcast else 0.0


def paint_skyline(stage: Stage) -> None:
    """Three rows of towers with lit windows, the nearest at the sides so that the middle stays open; neon if the scene has it."""
    rng, frame, unit = stage.rng("skyline"), stage.frame, stage.unit
    neon = "neon" in stage.scene.props
    walls = [rgb(code) for code in ("#7f8794", "#8f8378", "#6d7688", "#9a8f86", "#5f6b7c")]
    lights: list[tuple[float, float, float, float, Array]] = []
    far = stage.layers["far"]
    for row, (distance, low, high, wide) in enumerate(
        ((0.70, 0.16, 0.42, 0.07), (0.46, 0.14, 0.40, 0.09), (0.20, 0.30, 0.62, 0.13))
    ):
        sheet = Sheet(frame.width, frame.height)
        x = -unit * 0.1
        while x < frame.width:
            width = unit * wide * float(rng.uniform(0.7, 1.5))
            middle = abs((x + width / 2) / frame.width - 0.5)
            if row == 2 and middle < 0.24:
                x += width
                continue
            height = unit * float(rng.uniform(low, high)) * (0.75 + 0.9 * middle)
            base = stage.y(0.05 + 0.06 * row)
            wall = stage.lit(walls[int(rng.integers(len(walls)))] * np.float32(rng.uniform(0.8, 1.1)), distance)
            _tower(sheet, stage, rng, x, base, width, height, wall, distance, lights if neon and row else None)
            x += width + unit * float(rng.uniform(-0.006, 0.012))
        far.over(sheet)
    shine(stage, lights, far)


def _tower(
    sheet: Sheet,
    stage: Stage,
    rng: np.random.Generator,
    x: float,
    base: float,
    width: float,
    height: float,
    wall: Array,
    distance: float,
    lights: list[tuple[float, float, float, float, Array]] | None,
) -> None:
    unit, top = stage.unit, base - height
    deep = base + unit * 0.08
    sheet.box(x, top, x + width, deep, wall)
    shaded = wall * np.float32(0.78)
    sheet.box(x + width * (0.72 if stage.side < 0 else 0.0), top, x + width * (1.0 if stage.side < 0 else 0.28), deep, shaded)
    crown = int(rng.integers(4))
    if crown == 0:
        sheet.box(x + width * 0.25, top - height * 0.07, x + width * 0.75, top + 2, wall * np.float32(0.92))
    elif crown == 1:
        sheet.line([(x + width / 2, top), (x + width / 2, top - height * 0.18)], wall, max(unit / 500, 1))
    elif crown == 2:
        sheet.polygon(((x, top + 1), (x + width, top + 1), (x + width, top - height * 0.06)), wall)
    shine, cell_x, cell_y = (
        window_light(stage),
        max(unit * 0.017 * (1.25 - distance), 3.5),
        max(unit * 0.026 * (1.25 - distance), 5.0),
    )
    lit_share = 0.46 if shine else 0.9
    warm, cold, glass = rgb(WARM_WINDOW), rgb("#cfe4ff"), stage.lit(rgb("#b9d2e6"), distance)
    y = top + cell_y * 0.7
    while y < base:
        wx = x + cell_x * 0.6
        while wx < x + width - cell_x * 0.9:
            chance = float(rng.random())
            if shine and chance < lit_share * shine:
                tone = mix(warm if chance < lit_share * 0.75 else cold, stage.palette.haze, distance * 0.55)
                sheet.box(wx, y, wx + cell_x * 0.52, y + cell_y * 0.5, tone * np.float32(0.75 + 0.25 * shine))
            else:
                sheet.box(wx, y, wx + cell_x * 0.52, y + cell_y * 0.5, mix(wall * np.float32(0.72), glass, 0.0 if shine else 0.75))
            wx += cell_x
        y += cell_y
    if lights is not None and rng.random() < 0.75:
        colour = rgb(NEON[int(rng.integers(len(NEON)))])
        sign_w, sign_h = unit * 0.020 * (1.3 - distance), unit * float(rng.uniform(0.07, 0.16)) * (1.3 - distance)
        sx, sy = x + width * float(rng.uniform(0.1, 0.8)), top + height * float(rng.uniform(0.12, 0.4))
        if rng.random() < 0.35:
            sign_w, sign_h = width * 0.6, unit * 0.03
            sx = x + width * 0.2
        sheet.box(sx - 2, sy - 2, sx + sign_w + 2, sy + sign_h + 2, wall * np.float32(0.35))
        steps = max(int(max(sign_h, sign_w) / (min(sign_w, sign_h) * 1.05)), 1)
        for k in range(steps):
            a, b = k / steps, (k + 0.72) / steps
            if sign_h > sign_w:
                sheet.box(sx + sign_w * 0.15, sy + sign_h * a, sx + sign_w * 0.85, sy + sign_h * b, colour)
            else:
                sheet.box(sx + sign_w * a, sy + sign_h * 0.15, sx + sign_w * b, sy + sign_h * 0.85, colour)
        lights.append((sx + sign_w / 2, sy + sign_h / 2, sign_w, sign_h, colour))


def shine(stage: Stage, lights: list[tuple[float, float, float, float, Array]], layer: Layer) -> None:
    """The glow of signs on the air around them."""
    if not lights:
        return
    frame = stage.frame
    small = (frame.width // 4, frame.height // 4)
    glow = np.zeros((small[1], small[0], 3), np.float32)
    for x, y, w, h, colour in lights:
        x0, x1, y0, y1 = (int(v / 4) for v in (x - w / 2, x + w / 2 + 4, y - h / 2, y + h / 2 + 4))
        glow[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = colour
    halo = cv2.GaussianBlur(glow, (0, 0), stage.unit / 130) * np.float32(0.7) + cv2.GaussianBlur(
        glow, (0, 0), stage.unit / 40
    ) * np.float32(0.8)
    whole = cv2.resize(halo, (frame.width, frame.height))
    for channel in range(3):
        layer.rgba[..., channel] += whole[..., channel] * layer.rgba[..., 3]


def paint_street(stage: Stage) -> None:
    """A road running to the vanishing point, kerbs, lamps, and in the wet the lights mirrored on it."""
    ground, frame, unit = stage.layers["ground"], stage.frame, stage.unit
    vx, vy = frame.width * 0.5, stage.y(0.06)
    sheet = Sheet(frame.width, frame.height)
    pavement = stage.lit(rgb("#7d7c84"))
    bottom = frame.height + 10.0
    for way in (-1, 1):
        sheet.polygon(
            (
                (vx + way * unit * 0.03, vy),
                (vx + way * unit * 0.80, bottom),
                (vx + way * unit * 2.4, bottom),
                (vx + way * unit * 0.5, vy),
            ),
            pavement * np.float32(0.8),
        )
        sheet.polygon(
            (
                (vx + way * unit * 0.03, vy),
                (vx + way * unit * 0.80, bottom),
                (vx + way * unit * 0.84, bottom),
                (vx + way * unit * 0.032, vy),
            ),
            pavement * np.float32(1.25),
        )
    for k in range(7):
        a, b = (k / 7) ** 2, ((k + 0.5) / 7) ** 2
        ya, yb = vy + (bottom - vy) * a, vy + (bottom - vy) * b
        sheet.polygon(
            ((vx - unit * 0.012 * a, ya), (vx + unit * 0.012 * a, ya), (vx + unit * 0.012 * b, yb), (vx - unit * 0.012 * b, yb)),
            stage.lit(rgb("#d8cf9a")),
        )
    ground.over(sheet)
    if stage.scene.weather & {"rain", "storm"} or "neon" in stage.scene.props:
        _mirror(stage)
    _lamps(stage, vx, vy)


def _mirror(stage: Stage) -> None:
    """The far layer upside down on the wet ground, drawn out downwards and broken by ripples."""
    frame, ground = stage.frame, stage.layers["ground"]
    y0 = int(stage.y(0.12))
    reach = frame.height - y0
    far = stage.layers["far"].rgba[max(y0 - reach, 0) : y0, :, :3][::-1]
    drawn = cv2.blur(np.ascontiguousarray(far), (max(int(stage.unit / 200), 1), max(int(stage.unit / 16), 1)))
    rng = stage.rng("mirror")
    shift = (rng.normal(0, 1, drawn.shape[0]) * stage.unit / 260).astype(int)
    for row in range(drawn.shape[0]):
        drawn[row] = np.roll(drawn[row], shift[row], 0)
    drawn = cv2.GaussianBlur(drawn, (0, 0), stage.unit / 500)
    rows = slice(y0, y0 + drawn.shape[0])
    fade = np.linspace(0.85, 0.30, drawn.shape[0], dtype=np.float32)[:, None, None]
    ground.rgba[rows, :, :3] = ground.rgba[rows, :, :3] * np.float32(0.55) + drawn * fade * ground.rgba[rows, :, 3:]


def _lamps(stage: Stage, vx: float, vy: float) -> None:
    frame, unit = stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    iron, glow = stage.lit(rgb("#2b2d35")), window_light(stage)
    heads: list[tuple[float, float, float, float, Array]] = []
    warm = rgb("#ffe2a0")
    for way in (-1, 1):
        for t in (0.10, 0.20, 0.42):
            x, y, h = vx + way * unit * (0.05 + 1.05 * t), vy + (frame.height - vy) * t, unit * (0.08 + 0.92 * t)
            sheet.taper((x, y), (x, y - h), h * 0.012, h * 0.008, iron)
            sheet.taper((x, y - h), (x - way * h * 0.14, y - h * 1.03), h * 0.008, h * 0.008, iron)
            hx, hy = x - way * h * 0.15, y - h * 1.01
            sheet.ellipse(hx, hy, h * 0.035, h * 0.016, warm if glow else iron)
            heads.append((hx, hy, h * 0.05, h * 0.02, warm * np.float32(glow)))
    stage.layers["ground"].over(sheet)
    if glow:
        for x, y, w, _, colour in heads:
            stage.layers["ground"].shine(frame.glow(x, y, w * 2.6, power=1.2) * np.float32(0.45), colour)
