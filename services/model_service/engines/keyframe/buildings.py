"""What people have built: skylines, streets, ruins, villages, castles, lighthouses, bridges."""

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Layer, Point, Sheet, mix, rgb
from services.model_service.engines.keyframe.stage import Stage

NEON = ("#ff4fd8", "#22e6ff", "#ffcf3d", "#7a5cff", "#ff5a4f")
WARM_WINDOW = "#ffd98a"


def _glow(stage: Stage) -> float:
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
    _shine(stage, lights, far)


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
    shine, cell_x, cell_y = _glow(stage), max(unit * 0.017 * (1.25 - distance), 3.5), max(unit * 0.026 * (1.25 - distance), 5.0)
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


def _shine(stage: Stage, lights: list[tuple[float, float, float, float, Array]], layer: Layer) -> None:
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
    layer.rgba[..., :3] += cv2.resize(halo, (frame.width, frame.height)) * layer.rgba[..., 3:]


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
    iron, glow = stage.lit(rgb("#2b2d35")), _glow(stage)
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
            near = np.exp(-((stage.frame.distance(x, y) / np.float32(w * 2.6)) ** 1.2))
            stage.layers["ground"].shine(near * np.float32(0.45), colour)


def paint_ruins(stage: Stage) -> None:
    """Broken towers, columns and an arch, with rubble at their feet."""
    rng, frame, unit = stage.rng("ruins"), stage.frame, stage.unit
    stone, neon = rgb("#8a8072"), "neon" in stage.scene.props
    lights: list[tuple[float, float, float, float, Array]] = []
    for row, distance in enumerate((0.66, 0.42)):
        sheet = Sheet(frame.width, frame.height)
        x = -unit * 0.05
        while x < frame.width:
            width = unit * float(rng.uniform(0.06, 0.13))
            if row and abs((x + width / 2) / frame.width - 0.5) < 0.20:
                x += width
                continue
            height = unit * float(rng.uniform(0.10, 0.40))
            base, wall = stage.y(0.06 + 0.05 * row), stage.lit(stone * np.float32(rng.uniform(0.7, 1.0)), distance)
            broken = [(x + width * u, base - height * float(rng.uniform(0.55, 1.0))) for u in np.linspace(0, 1, 7)]
            sheet.polygon([(x, base + unit * 0.05), *broken, (x + width, base + unit * 0.05)], wall)
            for wy in np.arange(base - height * 0.5, base - unit * 0.02, unit * 0.045):
                for wx in np.arange(x + width * 0.18, x + width * 0.8, unit * 0.03):
                    hole = rng.random()
                    if hole < 0.65:
                        lit = neon and hole < 0.06
                        sheet.box(
                            float(wx),
                            float(wy),
                            float(wx) + unit * 0.013,
                            float(wy) + unit * 0.024,
                            rgb(NEON[int(rng.integers(2))]) if lit else wall * np.float32(0.55),
                        )
            if neon and rng.random() < 0.6:
                sx, sy, sh, colour = (
                    x + width * 0.4,
                    base - height * 0.5,
                    unit * float(rng.uniform(0.05, 0.11)),
                    rgb(NEON[int(rng.integers(2))]),
                )
                sheet.box(sx, sy, sx + unit * 0.012, sy + sh, colour)
                lights.append((sx, sy + sh / 2, unit * 0.012, sh, colour))
            x += width + unit * float(rng.uniform(0.0, 0.06))
        stage.layers["far"].over(sheet)
    _shine(stage, lights, stage.layers["far"])
    near = Sheet(frame.width, frame.height)
    wall = stage.lit(stone * np.float32(0.8), 0.10)
    _arch(near, rng, frame.width * (0.5 - stage.side * 0.27), stage.y(0.30), unit * 0.46, wall, stage.side)
    for x in (0.5 + stage.side * 0.33, 0.5 + stage.side * 0.43):
        _column(near, rng, x * frame.width, stage.y(0.26), unit * float(rng.uniform(0.16, 0.40)), wall, stage.side)
    for _ in range(60):
        t = float(rng.random()) ** 1.4
        x, y, r = (
            float(rng.random()) * frame.width,
            stage.y(0.16 + 0.8 * t),
            unit * (0.006 + 0.022 * t) * float(rng.uniform(0.5, 1.4)),
        )
        turn = np.sort(rng.random(6)) * 2 * np.pi
        corners = np.stack([x + np.cos(turn) * r * 1.4, y + np.sin(turn) * r * 0.7], 1)
        near.polygon(corners, wall * np.float32(rng.uniform(0.5, 0.95)))
    stage.layers["ground"].over(near)


def _arch(sheet: Sheet, rng: np.random.Generator, x: float, base: float, height: float, wall: Array, side: int) -> None:
    half = height * 0.40
    for way in (-1, 1):
        top = base - height * (1.0 if way == side else float(rng.uniform(0.66, 0.86)))
        sheet.polygon(
            (
                (x + way * half * 0.58, base + 4),
                (x + way * half * 0.60, base - height * 0.62),
                (x + way * half * 0.62, top),
                (x + way * half * 0.98, top + height * 0.05),
                (x + way * half, base - height * 0.5),
                (x + way * half * 1.08, base + 4),
            ),
            wall,
        )
        light = wall * np.float32(1.3)
        edge = x + way * half * (1.0 if way == side else 0.58)
        sheet.polygon(
            (
                (edge - side * half * 0.1, base),
                (edge - side * half * 0.1, base - height * 0.62),
                (edge, base - height * 0.62),
                (edge, base),
            ),
            light,
        )
    turn = np.linspace(np.pi, np.pi * 1.74, 20) if side < 0 else np.linspace(0, -np.pi * 0.74, 20)
    outer = [(x + np.cos(a) * half * 1.0, base - height * 0.60 + np.sin(a) * height * 0.38) for a in turn]
    inner = [(x + np.cos(a) * half * 0.60, base - height * 0.60 + np.sin(a) * height * 0.22) for a in turn[::-1]]
    sheet.polygon([*outer, *inner], wall * np.float32(1.06))


def _column(sheet: Sheet, rng: np.random.Generator, x: float, base: float, height: float, wall: Array, side: int) -> None:
    half = height * 0.07 + 5
    sheet.box(x - half * 1.4, base - half * 0.6, x + half * 1.4, base + 3, wall * np.float32(0.9))
    top = [(x - half + 2 * half * u, base - height * float(rng.uniform(0.9, 1.0))) for u in np.linspace(0, 1, 5)]
    sheet.polygon([(x - half, base), *top, (x + half, base)], wall)
    sheet.box(x + side * half * 0.35, base - height * 0.88, x + side * half * 0.95, base, wall * np.float32(1.28))
    for k in (-0.45, 0.0):
        sheet.line([(x + half * k, base), (x + half * k, base - height * 0.88)], wall * np.float32(0.75), 1)


def cottage(sheet: Sheet, stage: Stage, rng: np.random.Generator, x: float, base: float, size: float, distance: float) -> Point:
    """A gabled house of `size` pixels height; returns where its chimney smokes."""
    wall = stage.lit(mix(rgb("#efe3cc"), rgb("#c9a67c"), float(rng.random())), distance)
    roof = stage.lit(rgb(("#a3513c", "#7c4a3a", "#5c6b7c", "#8a6a44")[int(rng.integers(4))]), distance)
    if "snow" in stage.scene.weather or stage.scene.has("snow peaks"):
        roof = stage.lit(rgb("#eef4fc"), distance)
    wood, window = stage.lit(rgb("#5b3f2b"), distance), rgb(WARM_WINDOW) if _glow(stage) else stage.lit(rgb("#7fa6c0"), distance)
    half, eaves = size * 0.62, base - size * 0.48
    side = stage.side
    gable = x + side * half * 0.45
    sheet.box(x - half, eaves, x + half, base, wall * np.float32(0.84))
    sheet.polygon(
        (
            (gable - half * 0.55, base),
            (gable - half * 0.55, eaves),
            (gable, base - size * 0.95),
            (gable + half * 0.55, eaves),
            (gable + half * 0.55, base),
        ),
        wall,
    )
    far_end = x - side * half
    sheet.polygon(
        (
            (gable, base - size),
            (far_end + side * half * 0.10, base - size),
            (far_end - side * half * 0.12, eaves + size * 0.05),
            (gable - side * half * 0.50, eaves + size * 0.05),
        ),
        roof * np.float32(0.86),
    )
    for way in (-1, 1):
        sheet.polygon(
            (
                (gable, base - size * 1.02),
                (gable + way * half * 0.68, eaves + size * 0.08),
                (gable + way * half * 0.58, eaves + size * 0.10),
                (gable, base - size * 0.90),
            ),
            roof,
        )
    chimney = x - side * half * 0.45
    sheet.box(chimney - size * 0.05, base - size * 1.18, chimney + size * 0.05, base - size * 0.9, wall * np.float32(0.66))
    sheet.box(gable - half * 0.14, base - size * 0.30, gable + half * 0.14, base, wood)
    for wx, wy in (
        (gable, base - size * 0.62),
        (x - side * half * 0.35, base - size * 0.30),
        (x - side * half * 0.75, base - size * 0.30),
    ):
        r = size * 0.062
        sheet.box(wx - r * 1.25, wy - r * 1.25, wx + r * 1.25, wy + r * 1.25, wood)
        sheet.box(wx - r, wy - r, wx + r, wy + r, window)
        sheet.line([(wx, wy - r), (wx, wy + r)], wood, max(size / 160, 1))
        sheet.line([(wx - r, wy), (wx + r, wy)], wood, max(size / 160, 1))
    return chimney, base - size * 1.18


def paint_village(stage: Stage) -> None:
    """Cottages up the slope with smoking chimneys, a path leading in; one large house when the prompt names a house."""
    rng, frame, unit = stage.rng("village"), stage.frame, stage.unit
    single = not stage.scene.has("village")
    sheet = Sheet(frame.width, frame.height)
    smoke: list[tuple[float, float, float]] = []
    homes = [(0.5 - stage.side * 0.26, 0.30, 0.34, 0.06)] if single else []
    if stage.scene.has("village") or not single:
        homes += sorted(
            [
                (float(rng.uniform(0.02, 0.98)), share, 0.10 + 0.42 * share, 0.55 - 1.5 * share)
                for share in (0.05, 0.06, 0.08, 0.10, 0.13)
            ]
            + [(0.5 - stage.side * 0.30, 0.27, 0.25, 0.12), (0.5 + stage.side * 0.38, 0.22, 0.21, 0.16)],
            key=lambda home: home[1],
        )
    path = stage.lit(rgb("#c9b089") if "snow" not in stage.scene.weather else rgb("#c4cfdf"))
    bend = -stage.side * frame.width * 0.16
    road = [
        (frame.width * 0.5 + bend * np.sin(t * 2.4) * (1 - t), stage.y(0.12 + 0.9 * t), unit * (0.012 + 0.16 * t**1.4))
        for t in np.linspace(0, 1, 16)
    ]
    sheet.polygon([(x - w, y) for x, y, w in road] + [(x + w, y) for x, y, w in road[::-1]], path)
    for x, share, size, distance in homes:
        sx, sy = cottage(sheet, stage, rng, x * frame.width, stage.y(share), unit * size, max(distance, 0.0))
        smoke.append((sx, sy, unit * size))
    stage.layers["ground"].over(sheet)
    if _glow(stage):
        for x, share, size, _ in homes:
            near = np.exp(
                -((frame.distance(x * frame.width, stage.y(share) - unit * size * 0.35) / np.float32(unit * size * 0.75)) ** 2)
            )
            stage.layers["ground"].shine(near * np.float32(0.20), rgb("#ffb45c"))
    _smoke(stage, smoke[-3:])


def _smoke(stage: Stage, chimneys: list[tuple[float, float, float]]) -> None:
    layer, frame, rng = stage.layers["ground"], stage.frame, stage.rng("smoke")
    mask = np.zeros((frame.height, frame.width), np.uint8)
    for x, y, size in chimneys:
        for k in range(9):
            t = k / 9
            cx, cy = x + stage.side * size * (0.3 * t**1.5 + 0.04 * float(rng.normal())), y - size * 0.65 * t
            cv2.circle(
                mask, (round(cx * 16), round(cy * 16)), round(size * (0.03 + 0.07 * t) * 16), int(150 * (1 - t)), -1, cv2.LINE_AA, 4
            )
    soft = cv2.GaussianBlur(mask, (0, 0), stage.unit / 120).astype(np.float32) / 255
    layer.fill(soft, mix(stage.palette.haze, stage.lit(rgb("#ffffff")), 0.5))
