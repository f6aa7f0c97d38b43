"""Birds, fish and whales."""

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, mix, rgb
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


def draw_bird(stage: Stage, figure: Figure, size: float, rng: np.random.Generator, *, flying: bool) -> Pen:
    """A bird, a flock's member on the wing or a songbird standing."""
    pen = Pen(size * (0.34 if flying else 0.20), left=1.0, right=1.0, top=1.2)
    body = np.clip(stage.lit(rgb(figure.outer or ("#f2efe8", "#4a5a78", "#c9703a")[int(rng.integers(3))])) * np.float32(1.1), 0, 1)
    dark = body * np.float32(0.6)
    if flying:
        _on_the_wing(stage, pen, body, float(rng.uniform(-0.12, 0.16)), wader=figure.tag in {"crane", "flamingo"})
        return pen
    pen.limb(((0.0, 0.3), (0.02, 0.0)), (0.018, 0.018), dark)
    pen.limb(((0.08, 0.3), (0.12, 0.0)), (0.018, 0.018), dark)
    pen.shape(
        [(0.42, 0.78), (0.24, 0.95), (0.05, 0.80), (-0.30, 0.50), (-0.75, 0.30), (-0.20, 0.26), (0.20, 0.30), (0.40, 0.52)], body
    )
    pen.shape([(0.05, 0.66), (-0.25, 0.50), (-0.62, 0.30), (-0.10, 0.32), (0.14, 0.46)], dark)
    pen.polygon([(0.38, 0.86), (0.56, 0.79), (0.38, 0.74)], stage.lit(rgb("#e8a13c")))
    pen.disc((0.28, 0.84), 0.03, dark * np.float32(0.2))
    return pen


def _on_the_wing(stage: Stage, pen: Pen, body: Array, beat: float, *, wader: bool) -> None:
    """Seen from the side, wings up by `beat`: long and bent at the wrist, dark at the tips; a wader's neck and legs stretched."""
    dark, tip = body * np.float32(0.72), body * np.float32(0.34)
    up = 0.52 + beat
    far = [(0.16, 0.50), (0.22, 0.50 + up * 0.42), (0.12, 0.50 + up * 0.98), (0.00, 0.50 + up * 0.55), (-0.06, 0.48)]
    pen.polygon(far, dark)
    pen.polygon([(0.16, 0.50 + up * 0.76), (0.12, 0.50 + up * 0.98), (0.07, 0.50 + up * 0.76)], tip)
    if wader:
        pen.limb(((-0.20, 0.45), (-0.52, 0.42), (-0.78, 0.40)), (0.020, 0.014, 0.012), tip)
        pen.limb(((0.24, 0.50), (0.44, 0.53), (0.60, 0.55)), (0.055, 0.034, 0.030), body)
        pen.disc((0.62, 0.555), 0.042, body)
        pen.polygon([(0.65, 0.575), (0.84, 0.545), (0.65, 0.54)], tip)
        pen.disc((0.62, 0.590), 0.022, stage.lit(rgb("#b8332f")))
    pen.shape(
        [(0.30, 0.50), (0.20, 0.57), (-0.04, 0.56), (-0.30, 0.49), (-0.46, 0.46), (-0.24, 0.43), (0.06, 0.41), (0.24, 0.44)], body
    )
    pen.polygon([(-0.26, 0.48), (-0.56, 0.52), (-0.60, 0.44), (-0.26, 0.45)], dark)
    if not wader:
        pen.disc((0.30, 0.52), 0.075, body)
        pen.polygon([(0.36, 0.54), (0.48, 0.505), (0.36, 0.50)], stage.lit(rgb("#e8a13c")))
        pen.disc((0.325, 0.540), 0.014, tip * np.float32(0.4))
    wrist, end = (-0.06, 0.50 + up * 0.55), (-0.52, 0.50 + up * 1.02)
    near = [(0.18, 0.50), (0.12, 0.50 + up * 0.40), wrist, (-0.30, 0.50 + up * 0.92), end, (-0.34, 0.50 + up * 0.60), (-0.20, 0.48)]
    pen.polygon(near, body)
    pen.polygon([(-0.38, 0.50 + up * 0.955), end, (-0.425, 0.50 + up * 0.78)], tip)
    pen.line([(0.10, 0.50), (-0.08, 0.50 + up * 0.42), (-0.36, 0.50 + up * 0.70)], 0.012, dark)


def draw_fish(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    pen = Pen(size * 0.22, left=1.0, right=1.0, top=1.0, bottom=0.2)
    body = np.clip(
        stage.lit(rgb(figure.outer or ("#ff8a3c", "#ffd24a", "#5ab8e8", "#ff6f8a")[int(rng.integers(4))])) * np.float32(1.2), 0, 1
    )
    pen.shape([(-0.50, 0.5), (-0.95, 0.82), (-0.82, 0.5), (-0.95, 0.18)], body * np.float32(0.75))
    pen.shape([(0.1, 0.72), (-0.12, 1.0), (-0.30, 0.62)], body * np.float32(0.7))
    pen.shape([(0.62, 0.48), (0.25, 0.76), (-0.20, 0.70), (-0.60, 0.5), (-0.20, 0.28), (0.25, 0.22)], body)
    pen.shape([(0.05, 0.5), (-0.18, 0.38), (-0.10, 0.58)], body * np.float32(0.72))
    pen.disc((0.40, 0.55), 0.07, np.ones(3, np.float32))
    pen.disc((0.42, 0.55), 0.038, np.full(3, 0.08, np.float32))
    return pen


def draw_whale(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    pen = Pen(size * 1.1, left=1.3, right=1.2, top=1.0, bottom=0.3)
    body = np.clip(stage.lit(rgb(figure.outer or ("#3f5f86", "#4a5568")[int(rng.integers(2))])) * np.float32(1.15), 0, 1)
    pen.shape(
        [(-0.75, 0.42), (-1.20, 0.86), (-0.98, 0.84), (-0.82, 0.68), (-0.72, 0.92), (-0.52, 0.90), (-0.60, 0.55)],
        body * np.float32(0.85),
    )
    pen.shape(
        [
            (0.98, 0.42),
            (0.80, 0.66),
            (0.35, 0.76),
            (-0.20, 0.64),
            (-0.80, 0.50),
            (-0.55, 0.30),
            (0.0, 0.10),
            (0.60, 0.08),
            (0.92, 0.22),
        ],
        body,
    )
    pen.shape(
        [(0.95, 0.30), (0.5, 0.24), (-0.15, 0.26), (0.05, 0.10), (0.58, 0.06), (0.90, 0.18)],
        mix(body, stage.lit(rgb("#e8eef4")), 0.7),
    )
    pen.shape([(0.35, 0.22), (0.05, -0.14), (-0.08, -0.16), (0.12, 0.22)], body * np.float32(0.8))
    pen.disc((0.70, 0.40), 0.022, body * np.float32(0.15))
    return pen
