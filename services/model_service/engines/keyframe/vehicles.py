"""Ships, boats, cars and trains."""

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, mix, rgb
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


def draw_boat(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    """A small boat with a mainsail and a jib; its waterline is at y = 0."""
    pen = Pen(size * 1.3, left=0.8, right=0.8, top=1.25, bottom=0.25)
    hull = stage.lit(rgb(figure.outer or ("#8a4a2c", "#b8453a", "#3f5a78")[int(rng.integers(3))]))
    sail = np.clip(stage.lit(rgb(figure.accent or "#f6efe0")) * np.float32(1.15), 0, 1)
    _reflection(pen, stage, 0.42)
    pen.limb(((0.02, 0.12), (0.04, 1.16)), (0.014, 0.009), hull * np.float32(0.7))
    pen.shape([(0.00, 1.12), (-0.16, 0.72), (-0.42, 0.24), (-0.20, 0.20), (0.00, 0.22), (0.015, 0.6)], sail)
    pen.shape([(0.06, 1.04), (0.20, 0.66), (0.44, 0.26), (0.24, 0.23), (0.07, 0.26)], sail * np.float32(0.86))
    pen.shape(
        [(-0.52, 0.16), (-0.25, 0.13), (0.25, 0.13), (0.60, 0.20), (0.44, 0.02), (0.30, -0.03), (-0.36, -0.03), (-0.46, 0.02)], hull
    )
    pen.limb(((-0.50, 0.145), (0.0, 0.118), (0.56, 0.18)), (0.013, 0.013, 0.013), mix(hull, sail, 0.6))
    return pen


def draw_ship(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    """A three-masted ship under square sails."""
    pen = Pen(size * 2.0, left=0.9, right=0.95, top=1.35, bottom=0.2)
    hull = stage.lit(rgb(figure.outer or ("#5a3a26", "#6a4630")[int(rng.integers(2))]))
    sail = np.clip(stage.lit(rgb(figure.accent or "#efe3c8")) * np.float32(1.12), 0, 1)
    _reflection(pen, stage, 0.60)
    pen.limb(((0.55, 0.26), (0.88, 0.46)), (0.014, 0.007), hull * np.float32(0.7))
    for x, top in ((-0.40, 0.98), (0.32, 1.08), (-0.04, 1.24)):
        pen.limb(((x, 0.15), (x, top)), (0.014, 0.008), hull * np.float32(0.65))
        for k, (low, high) in enumerate(((0.30, 0.60), (0.62, 0.86))):
            y0, y1 = low * top, high * top
            w0, w1 = 0.17 - 0.035 * k, 0.14 - 0.035 * k
            pen.shape(
                [
                    (x - w1, y1),
                    (x + w1, y1),
                    (x + w0 + 0.05, (y0 + y1) / 2),
                    (x + w0, y0),
                    (x - w0, y0),
                    (x - w0 + 0.05, (y0 + y1) / 2),
                ],
                sail * np.float32(1.0 - 0.08 * k),
            )
        pen.polygon([(x, top), (x + 0.12, top - 0.025), (x, top - 0.05)], stage.lit(rgb("#b8332f")))
    pen.polygon([(0.34, 0.95), (0.84, 0.43), (0.40, 0.40)], sail * np.float32(0.85))
    pen.shape(
        [
            (-0.66, 0.34),
            (-0.60, 0.20),
            (-0.2, 0.15),
            (0.3, 0.16),
            (0.66, 0.30),
            (0.52, 0.05),
            (0.40, -0.03),
            (-0.48, -0.03),
            (-0.60, 0.08),
        ],
        hull,
    )
    pen.limb(((-0.62, 0.20), (-0.2, 0.115), (0.3, 0.12), (0.60, 0.24)), (0.012, 0.012, 0.012, 0.012), stage.lit(rgb("#d9b46a")))
    for x in np.linspace(-0.42, 0.36, 7):
        pen.disc((float(x), 0.065), 0.014, rgb("#ffd98a") if stage.dark else hull * np.float32(0.4))
    return pen


def _reflection(pen: Pen, stage: Stage, half: float) -> None:
    dark = mix(stage.palette.zenith, stage.palette.middle, 0.3) * np.float32(0.7)
    for k, y in enumerate((-0.035, -0.06, -0.085)):
        w = half * (1.0 - 0.22 * k)
        pen.shape([(-w, y), (0, y + 0.012), (w, y), (0, y - 0.012)], dark)


def draw_car(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    pen = Pen(size * 0.85, left=1.25, right=1.25, top=0.95)
    body = np.clip(
        stage.lit(rgb(figure.outer or ("#c23b32", "#3f6aa0", "#e0b040", "#4a8a7a")[int(rng.integers(4))])) * np.float32(1.15), 0, 1
    )
    glass, dark = stage.lit(rgb("#bcd8e8")) if not stage.dark else rgb("#3a4a66"), stage.lit(rgb("#22242a"))
    pen.shape([(-0.62, 0.44), (-0.48, 0.74), (-0.10, 0.80), (0.28, 0.77), (0.56, 0.46)], body * np.float32(0.9))
    pen.polygon([(-0.52, 0.48), (-0.42, 0.69), (-0.06, 0.73), (-0.06, 0.48)], glass)
    pen.polygon([(0.00, 0.48), (0.00, 0.73), (0.24, 0.70), (0.46, 0.48)], glass * np.float32(0.9))
    pen.shape(
        [
            (-1.08, 0.40),
            (-0.95, 0.50),
            (-0.3, 0.50),
            (0.6, 0.49),
            (1.05, 0.42),
            (1.12, 0.26),
            (1.05, 0.17),
            (-1.05, 0.17),
            (-1.14, 0.28),
        ],
        body,
    )
    pen.limb(((-1.08, 0.20), (1.08, 0.20)), (0.03, 0.03), body * np.float32(0.6))
    for x in (-0.66, 0.66):
        pen.disc((x, 0.19), 0.205, body * np.float32(0.4))
        pen.disc((x, 0.17), 0.17, dark)
        pen.disc((x, 0.17), 0.085, stage.lit(rgb("#b8bcc4")))
    lamp = rgb("#fff3c4") if stage.dark else stage.lit(rgb("#f4ecd0"))
    pen.oval((1.07, 0.36), 0.05, 0.045, lamp)
    pen.oval((-1.09, 0.38), 0.035, 0.05, rgb("#ff5a4a"))
    return pen


def draw_train(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    """A steam locomotive with two carriages."""
    pen = Pen(size * 1.15, left=3.4, right=1.3, top=1.35)
    body = np.clip(stage.lit(rgb(figure.outer or ("#7a2f2a", "#2f4a3f", "#2f3f5a")[int(rng.integers(3))])) * np.float32(1.15), 0, 1)
    dark, brass = stage.lit(rgb("#24262c")), stage.lit(rgb("#d9aa4a"))
    window = rgb("#ffd98a") if stage.dark or stage.palette.low_sun else stage.lit(rgb("#cfe2ec"))
    pen.limb(((-3.4, 0.02), (1.3, 0.02)), (0.018, 0.018), dark)
    for x in (-3.25, -1.95):
        _carriage(pen, x, body, dark, window)
    pen.limb(((-0.6, 0.22), (0.95, 0.22)), (0.06, 0.06), dark)
    pen.limb(((-0.1, 0.52), (0.82, 0.52)), (0.22, 0.22), body)
    pen.polygon([(-0.66, 0.24), (-0.66, 1.0), (-0.08, 1.0), (-0.08, 0.24)], body)
    pen.limb(((-0.72, 1.02), (-0.02, 1.02)), (0.035, 0.035), dark)
    pen.polygon([(-0.54, 0.92), (-0.54, 0.66), (-0.22, 0.66), (-0.22, 0.92)], window)
    for x in (0.1, 0.45, 0.8):
        pen.limb(((x, 0.31), (x, 0.73)), (0.014, 0.014), brass)
    pen.polygon([(0.62, 0.72), (0.58, 1.05), (0.86, 1.05), (0.80, 0.72)], dark)
    pen.oval((0.30, 0.77), 0.09, 0.07, brass)
    pen.disc((1.02, 0.54), 0.07, rgb("#fff3c4"))
    pen.polygon([(0.98, 0.24), (1.28, 0.03), (0.80, 0.03)], dark)
    for x, r in ((-0.45, 0.17), (-0.05, 0.17), (0.35, 0.17), (0.75, 0.12)):
        pen.disc((x, r + 0.02), r, dark)
        pen.disc((x, r + 0.02), r * 0.62, body * np.float32(0.7))
        pen.disc((x, r + 0.02), r * 0.18, brass)
    smoke = mix(stage.palette.haze, stage.lit(rgb("#ffffff")), 0.5)
    for x, y, r in ((0.70, 1.13, 0.07), (0.60, 1.20, 0.10), (0.44, 1.22, 0.12), (0.22, 1.24, 0.10), (0.02, 1.25, 0.08)):
        pen.disc((x, y), r, smoke)
    return pen


def _carriage(pen: Pen, x: float, body: Array, dark: Array, window: Array) -> None:
    pen.polygon([(x, 0.20), (x, 0.86), (x + 1.2, 0.86), (x + 1.2, 0.20)], body * np.float32(0.92))
    pen.limb(((x, 0.88), (x + 1.2, 0.88)), (0.05, 0.05), dark)
    for k in range(4):
        left = x + 0.10 + 0.27 * k
        pen.polygon([(left, 0.74), (left, 0.50), (left + 0.19, 0.50), (left + 0.19, 0.74)], window)
    pen.limb(((x + 1.2, 0.25), (x + 1.35, 0.25)), (0.03, 0.03), dark)
    for bogie in (0.22, 0.98):
        pen.disc((x + bogie, 0.13), 0.12, dark)
        pen.disc((x + bogie, 0.13), 0.06, body * np.float32(0.6))
