"""Single buildings that a picture is about: a castle, a lighthouse."""

import numpy as np

from services.model_service.engines.keyframe.brush import lay
from services.model_service.engines.keyframe.canvas import Array, Sheet, rgb, smooth_curve, smoothstep
from services.model_service.engines.keyframe.stage import Stage


def paint_castle(stage: Stage) -> None:
    """Towers with pointed roofs on a hill, away from the light."""
    rng, frame, unit = stage.rng("castle"), stage.frame, stage.unit
    sheet = Sheet(frame.width, frame.height)
    x, base = frame.width * (0.5 - stage.side * 0.16), stage.y(0.08)
    distance, side = 0.28, stage.side
    hill = stage.lit(rgb("#566b4c"), 0.35)
    sheet.polygon(
        smooth_curve(
            [
                (x - unit * 0.75, base + unit * 0.08),
                (x - unit * 0.36, base - unit * 0.05),
                (x, base - unit * 0.12),
                (x + unit * 0.36, base - unit * 0.04),
                (x + unit * 0.75, base + unit * 0.08),
            ],
            closed=False,
        ),
        hill,
    )
    stone, roof = (
        stage.lit(rgb("#c3b8a8"), distance),
        stage.lit(rgb(("#3f5a86", "#8c3f3c", "#4f4a6a")[int(rng.integers(3))]), distance),
    )
    window = rgb("#ffd98a") if stage.dark or stage.scene.time in {"dusk", "dawn"} else stone * np.float32(0.45)
    top = base - unit * 0.06
    towers = ((-0.24, 0.06, 0.26), (0.25, 0.055, 0.24), (-0.13, 0.05, 0.36), (0.14, 0.06, 0.32), (0.0, 0.075, 0.46))
    for dx, half, height in towers:
        _tower(sheet, x + dx * unit, top, half * unit * 0.62, height * unit, stone, roof, window, side)
    wall = top - unit * 0.11
    sheet.box(x - unit * 0.27, wall, x + unit * 0.28, top + unit * 0.03, stone * np.float32(0.9))
    for k in np.arange(-0.27, 0.27, 0.03):
        sheet.box(x + k * unit, wall - unit * 0.014, x + (k + 0.017) * unit, wall + 2, stone * np.float32(0.9))
    gate = [(x + np.cos(a) * unit * 0.035, top - unit * 0.03 + np.sin(a) * unit * 0.045) for a in np.linspace(np.pi, 2 * np.pi, 14)]
    sheet.polygon([(x - unit * 0.035, top + unit * 0.03), *gate, (x + unit * 0.035, top + unit * 0.03)], stone * np.float32(0.35))
    lay(stage.layers["mid"], sheet)


def _tower(
    sheet: Sheet, x: float, base: float, half: float, height: float, stone: Array, roof: Array, window: Array, side: int
) -> None:
    top = base - height
    sheet.box(x - half, top, x + half, base, stone)
    sheet.box(x - side * half, top, x - side * half * 0.2, base, stone * np.float32(0.74))
    sheet.box(x - half * 1.18, top - half * 0.35, x + half * 1.18, top + half * 0.2, stone * np.float32(0.95))
    tip = top - half * 3.4
    sheet.polygon(((x - half * 1.35, top - half * 0.3), (x, tip), (x + half * 1.35, top - half * 0.3)), roof)
    sheet.polygon(
        ((x - side * half * 1.35, top - half * 0.3), (x, tip), (x - side * half * 0.25, top - half * 0.3)), roof * np.float32(0.72)
    )
    sheet.line([(x, tip), (x, tip - half * 0.9)], roof, 1)
    sheet.polygon(((x, tip - half * 0.9), (x + half * 0.9, tip - half * 0.65), (x, tip - half * 0.4)), roof * np.float32(1.3))
    for level in (0.72, 0.42):
        sheet.ellipse(x + side * half * 0.2, base - height * level, half * 0.17, half * 0.34, window, 10)


def paint_lighthouse(stage: Stage) -> None:
    """A striped tower on a rock above the water, its beam lit whenever the light is low, unless its lamp is out."""
    rng, frame, unit = stage.rng("lighthouse"), stage.frame, stage.unit
    x, base, height = frame.width * (0.5 - stage.side * 0.24), stage.y(0.30), unit * 0.52
    side = stage.side
    sheet = Sheet(frame.width, frame.height)
    _rock(sheet, stage, rng, x, base)
    white, red = stage.lit(rgb("#f4f0e8"), 0.06), stage.lit(rgb("#c63d35"), 0.06)
    low, high = height * 0.098, height * 0.062
    bands = 6
    for k in range(bands):
        a, b = k / bands, (k + 1) / bands
        ra, rb = low + (high - low) * a, low + (high - low) * b
        ya, yb = base - height * 0.78 * a, base - height * 0.78 * b
        colour = white if k % 2 == 0 else red
        sheet.polygon(((x - ra, ya), (x - rb, yb), (x + rb, yb), (x + ra, ya)), colour)
        sheet.polygon(
            ((x - side * ra, ya), (x - side * rb, yb), (x - side * rb * 0.25, yb), (x - side * ra * 0.25, ya)),
            colour * np.float32(0.72),
        )
    top = base - height * 0.78
    iron = stage.lit(rgb("#2e3138"))
    sheet.box(x - high * 1.55, top - height * 0.018, x + high * 1.55, top + height * 0.004, iron)
    out = "lighthouse" in stage.scene.unlit
    glow = (stage.dark or stage.overcast or stage.palette.low_sun) and not out
    lamp = rgb("#fff3bf") if glow else stage.lit(rgb("#39434c" if out else "#cfe6f0"))
    sheet.box(x - high * 0.82, top - height * 0.105, x + high * 0.82, top - height * 0.016, lamp)
    for u in (-0.82, -0.28, 0.28, 0.82):
        sheet.line([(x + high * u, top - height * 0.105), (x + high * u, top - height * 0.016)], iron, max(unit / 420, 1))
    for u in (-1.5, -0.9, -0.3, 0.3, 0.9, 1.5):
        sheet.line([(x + high * u, top - height * 0.018), (x + high * u, top - height * 0.055)], iron, 1)
    sheet.line([(x - high * 1.5, top - height * 0.055), (x + high * 1.5, top - height * 0.055)], iron, 1)
    sheet.polygon(
        ((x - high * 1.05, top - height * 0.10), (x, top - height * 0.19), (x + high * 1.05, top - height * 0.10)),
        red * np.float32(0.85),
    )
    sheet.disc(x, top - height * 0.195, height * 0.011, iron)
    sheet.box(x - low * 0.2, base - height * 0.085, x + low * 0.2, base, iron)
    for level in (0.30, 0.52):
        sheet.ellipse(x, base - height * level, low * 0.13, low * 0.22, rgb("#ffd98a") if glow else iron, 10)
    home = base + unit * 0.008
    sheet.box(x + side * low * 1.1, home - height * 0.13, x + side * low * 3.6, home, white * np.float32(0.9))
    sheet.polygon(
        (
            (x + side * low * 0.9, home - height * 0.12),
            (x + side * low * 1.3, home - height * 0.21),
            (x + side * low * 3.4, home - height * 0.21),
            (x + side * low * 3.85, home - height * 0.12),
        ),
        red * np.float32(0.8),
    )
    sheet.box(
        x + side * low * 2.1, home - height * 0.09, x + side * low * 2.6, home - height * 0.045, rgb("#ffd98a") if glow else iron
    )
    lay(stage.layers["mid"], sheet)
    if glow:
        _beam(stage, x, top - height * 0.06)


def _rock(sheet: Sheet, stage: Stage, rng: np.random.Generator, x: float, base: float) -> None:
    unit, side = stage.unit, stage.side
    stone = stage.lit(rgb("#5d5853"), 0.12)
    foot = base + unit * 0.17
    outline = [
        (x - unit * 0.36, foot),
        (x - unit * 0.25, base + unit * 0.06),
        (x - unit * 0.14, base + unit * 0.005),
        (x, base - unit * 0.006),
        (x + unit * 0.16, base + unit * 0.004),
        (x + unit * 0.25, base + unit * 0.075),
        (x + unit * 0.37, foot),
    ]
    jagged = [
        (px + unit * float(rng.normal(0, 0.008)), py + unit * float(rng.normal(0, 0.006)))
        for px, py in smooth_curve(outline, 4, closed=False)
    ]
    sheet.polygon(jagged, stone)
    for _ in range(22):
        u = float(rng.uniform(-0.26, 0.26))
        y = base + unit * (0.02 + 0.12 * float(rng.random()) + abs(u) * 0.12)
        w, h = unit * float(rng.uniform(0.015, 0.05)), unit * float(rng.uniform(0.012, 0.035))
        tone = stone * np.float32(1.28 if u * side > 0 else 0.74)
        sheet.polygon(
            (
                (x + u * unit, y),
                (x + u * unit + w * 0.6, y - h * 0.4),
                (x + u * unit + w, y + h * 0.5),
                (x + u * unit + w * 0.3, y + h),
            ),
            tone,
        )
    grass = stage.lit(rgb("#6f8a4c"), 0.12)
    sheet.polygon(
        smooth_curve(
            [
                (x - unit * 0.20, base + unit * 0.035),
                (x - unit * 0.12, base - unit * 0.004),
                (x, base - unit * 0.014),
                (x + unit * 0.17, base - unit * 0.003),
                (x + unit * 0.22, base + unit * 0.04),
                (x, base + unit * 0.018),
            ],
            5,
        ),
        grass,
    )


def _beam(stage: Stage, x: float, y: float) -> None:
    layer, frame, unit = stage.layers["mid"], stage.frame, stage.unit
    dx, dy = frame.columns - np.float32(x), frame.rows - np.float32(y)
    strength = 0.62 if stage.dark else 0.30
    for way, reach in ((stage.side, 1.25), (-stage.side, 0.8)):
        along = dx * way
        spread = np.float32(unit * 0.008) + np.maximum(along, 0) * np.float32(0.085)
        off = (dy + np.maximum(along, 0) * np.float32(0.10)) / spread
        beam = (
            np.exp(-(off**2)) * smoothstep(0, unit * 0.03, along) * np.exp(-np.maximum(along, 0) / np.float32(unit * 0.6 * reach))
        )
        layer.shine(np.maximum(beam - np.float32(1 / 512), 0) * np.float32(strength), rgb("#fff0b8"))
    halo = np.exp(-((np.sqrt(dx**2 + dy**2) / np.float32(unit * 0.05)) ** 1.1))
    layer.shine(np.maximum(halo - np.float32(1 / 512), 0) * np.float32(strength + 0.15), rgb("#ffe9a8"))
