"""Animals, robots and dragons. Four-legged ones are one jointed figure with different proportions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Beast:
    """Proportions in shares of the animal's height: `height` is against a grown-up person's."""

    height: float
    length: float
    leg: float
    body: float
    neck: tuple[float, float]
    head: float
    snout: float
    ear: str
    tail: str
    coats: tuple[str, ...]
    patch: str = ""


BEASTS: Mapping[str, Beast] = {
    "puppy": Beast(
        0.34, 0.52, 0.30, 0.165, (0.15, 0.16), 0.185, 0.12, "floppy", "up", ("#c98a4a", "#e0c08a", "#8a5a34", "#d8a25a"), "#f6ead6"
    ),
    "dog": Beast(0.46, 0.70, 0.40, 0.150, (0.17, 0.20), 0.130, 0.17, "floppy", "up", ("#9a6a3a", "#5a4636", "#c9a06a"), "#efe0c8"),
    "wolf": Beast(
        0.52, 0.78, 0.42, 0.150, (0.20, 0.15), 0.120, 0.20, "pointed", "brush", ("#7a7f8a", "#5f6470", "#8a8478"), "#d8d8d8"
    ),
    "fox": Beast(0.40, 0.78, 0.36, 0.135, (0.18, 0.14), 0.120, 0.18, "pointed", "brush", ("#d9742f", "#c8622a"), "#f6ead8"),
    "bear": Beast(0.85, 0.70, 0.34, 0.215, (0.16, 0.10), 0.140, 0.13, "round", "short", ("#5f4230", "#3f3230"), "#b08a62"),
    "cat": Beast(
        0.24, 0.66, 0.32, 0.140, (0.10, 0.17), 0.160, 0.05, "pointed", "long", ("#d98a3a", "#4a4a52", "#e8e0d4"), "#fff4e4"
    ),
    "horse": Beast(1.05, 0.66, 0.46, 0.135, (0.20, 0.32), 0.085, 0.17, "pointed", "mane", ("#7a4a2a", "#e8e0d4", "#3f2e26"), ""),
    "deer": Beast(0.86, 0.56, 0.46, 0.115, (0.13, 0.30), 0.075, 0.12, "antler", "short", ("#b07a44", "#96683c"), "#f0e0c4"),
    "rabbit": Beast(0.22, 0.40, 0.16, 0.190, (0.14, 0.20), 0.150, 0.05, "long", "short", ("#efe8de", "#b09a84"), "#ffffff"),
}


def draw_beast(stage: Stage, figure: Figure, action: str, size: float, rng: np.random.Generator) -> Pen:
    """A four-legged animal facing right; `size` is a grown-up person's height in pixels."""
    beast = BEASTS[figure.tag]
    pen = Pen(size * beast.height, left=0.85, right=0.95, top=1.35)
    coat = np.clip(stage.lit(rgb(figure.outer or beast.coats[int(rng.integers(len(beast.coats)))])) * np.float32(1.15), 0, 1)
    pale = stage.lit(rgb(figure.accent or beast.patch)) if figure.accent or beast.patch else coat * np.float32(1.1)
    dark = coat * np.float32(0.62)
    if action == "sitting" and beast.height < 0.6:
        _sitting(pen, beast, coat, pale, dark)
        return pen
    running = action == "running"
    back = beast.leg + beast.body * 1.15
    rear, chest = (-beast.length / 2, back), (beast.length / 2, back + 0.015)
    swing = 0.16 if running else 0.07
    for x, phase in ((rear[0] + 0.03, 1), (chest[0] - 0.02, -1)):
        _leg(pen, (x, back - beast.body * 0.5), phase * swing * (1.5 if running else 1), beast, dark, hind=x < 0)
    _tail(pen, beast, (rear[0] - beast.body * 0.8, rear[1] + beast.body * 0.3), coat)
    pen.limb((rear, (0, back - beast.body * 0.06), chest), (beast.body * 0.98, beast.body * 0.90, beast.body * 1.08), coat)
    pen.limb(
        ((rear[0] + 0.1, back - beast.body * 0.55), (chest[0], back - beast.body * 0.52)),
        (beast.body * 0.36, beast.body * 0.42),
        mix(coat, pale, 0.55),
    )
    for x, phase in ((rear[0] - 0.02, -1), (chest[0] + 0.04, 1)):
        _leg(pen, (x, back - beast.body * 0.35), phase * swing, beast, coat, hind=x < 0)
    _head(pen, beast, chest, coat, pale, dark)
    return pen


def _leg(pen: Pen, hip: Point, reach: float, beast: Beast, colour: Array, *, hind: bool) -> None:
    w = beast.body * (0.52 if hind else 0.40)
    knee = (hip[0] + reach * 0.35 + (0.035 if hind else 0.0), hip[1] * 0.52)
    hock = (hip[0] + reach * 0.9 - (0.035 if hind else 0.0), hip[1] * 0.26)
    foot = (hip[0] + reach, 0.028)
    pen.limb((hip, knee, hock, foot), (w, w * 0.62, w * 0.42, w * 0.40), colour)
    pen.oval((foot[0] + w * 0.25, 0.024), w * 0.68, 0.026, colour)


def _tail(pen: Pen, beast: Beast, at: Point, colour: Array) -> None:
    x, y = at
    paths: Mapping[str, tuple[list[Point], list[float]]] = {
        "up": ([(x + 0.06, y), (x - 0.08, y + 0.11), (x - 0.10, y + 0.22), (x - 0.04, y + 0.29)], [0.045, 0.040, 0.034, 0.022]),
        "brush": ([(x + 0.05, y), (x - 0.11, y - 0.09), (x - 0.20, y - 0.22), (x - 0.24, y - 0.32)], [0.035, 0.062, 0.062, 0.012]),
        "long": ([(x + 0.05, y), (x - 0.14, y + 0.10), (x - 0.16, y + 0.30), (x - 0.06, y + 0.40)], [0.036, 0.032, 0.030, 0.024]),
        "mane": (
            [(x + 0.05, y + 0.02), (x - 0.07, y - 0.02), (x - 0.12, y - 0.20), (x - 0.10, y - 0.36)],
            [0.024, 0.036, 0.042, 0.010],
        ),
        "short": ([(x + 0.04, y), (x - 0.03, y + 0.03)], [0.050, 0.040]),
    }
    points, widths = paths[beast.tail]
    pen.limb(points, widths, colour * np.float32(0.55 if beast.tail == "mane" else 0.9))


def _head(pen: Pen, beast: Beast, chest: Point, coat: Array, pale: Array, dark: Array) -> None:
    nx, ny = beast.neck
    r = beast.head
    head = (chest[0] + nx, chest[1] + ny)
    pen.limb(
        (chest, ((chest[0] + head[0]) / 2 - 0.01, (chest[1] + head[1]) / 2), head),
        (beast.body * 0.92, beast.body * 0.68, r * 0.82),
        coat,
    )
    if beast.tail == "mane":
        pen.shape(
            [
                (head[0] - 0.02, head[1] + r * 1.3),
                (head[0] - 0.10, head[1] - 0.02),
                (chest[0] - 0.06, chest[1] + 0.08),
                (chest[0] - 0.10, chest[1] + 0.16),
                (head[0] - 0.14, head[1] + 0.06),
            ],
            dark * np.float32(0.8),
        )
    muzzle = (head[0] + r * 0.55 + beast.snout, head[1] - r * 0.32)
    if beast.ear in {"pointed", "antler"}:
        pen.polygon(
            [
                (head[0] - r * 0.75, head[1] + r * 0.35),
                (head[0] - r * 0.42, head[1] + r * 1.75),
                (head[0] + r * 0.12, head[1] + r * 0.7),
            ],
            dark,
        )
    if beast.ear == "long":
        pen.limb(((head[0] - r * 0.3, head[1] + r * 0.6), (head[0] - r * 0.9, head[1] + r * 2.6)), (r * 0.28, r * 0.2), dark)
    pen.disc(head, r, coat)
    pen.limb(((head[0] + r * 0.2, head[1] - r * 0.18), muzzle), (r * 0.72, r * 0.42), coat)
    pen.limb(((head[0] + r * 0.5, head[1] - r * 0.48), (muzzle[0] - r * 0.05, muzzle[1] - r * 0.14)), (r * 0.36, r * 0.26), pale)
    ink = np.float32(0.10) + coat * np.float32(0.06)
    pen.oval((muzzle[0] + r * 0.30, muzzle[1] + r * 0.14), r * 0.19, r * 0.15, ink)
    pen.oval((head[0] + r * 0.34, head[1] + r * 0.22), r * 0.125, r * 0.16, ink)
    pen.disc((head[0] + r * 0.38, head[1] + r * 0.28), r * 0.045, np.ones(3, np.float32))
    if beast.ear == "floppy":
        pen.shape(
            [
                (head[0] - r * 0.55, head[1] + r * 0.85),
                (head[0] - r * 0.05, head[1] + r * 0.70),
                (head[0] - r * 0.15, head[1] - r * 0.25),
                (head[0] - r * 0.55, head[1] - r * 0.85),
                (head[0] - r * 0.95, head[1] - r * 0.30),
            ],
            dark,
        )
    elif beast.ear == "pointed":
        pen.polygon(
            [
                (head[0] - r * 0.45, head[1] + r * 0.55),
                (head[0] - r * 0.02, head[1] + r * 1.80),
                (head[0] + r * 0.42, head[1] + r * 0.66),
            ],
            coat,
        )
    elif beast.ear == "round":
        pen.disc((head[0] - r * 0.35, head[1] + r * 0.82), r * 0.36, dark)
    elif beast.ear == "long":
        pen.limb(((head[0], head[1] + r * 0.6), (head[0] - r * 0.25, head[1] + r * 2.8)), (r * 0.30, r * 0.22), coat)
    elif beast.ear == "antler":
        for lean in (-0.5, 0.35):
            base = (head[0] - r * 0.1, head[1] + r * 0.7)
            mid, tip = (base[0] + lean * 0.12, base[1] + 0.13), (base[0] + lean * 0.34, base[1] + 0.27)
            pen.limb((base, mid, tip), (0.013, 0.012, 0.006), dark * np.float32(0.8))
            pen.limb((mid, (mid[0] + 0.085, mid[1] + 0.08)), (0.010, 0.005), dark * np.float32(0.8))


def _sitting(pen: Pen, beast: Beast, coat: Array, pale: Array, dark: Array) -> None:
    """Sitting upright: haunches behind, straight forelegs."""
    b = beast.body
    _tail(pen, beast, (-0.26, 0.14), coat)
    pen.oval((-0.08, 0.17), b * 1.35, 0.17, coat)
    chest: Point = (0.10, 0.17 + b * 2.1)
    pen.limb(((-0.05, 0.20), chest), (b * 1.25, b * 1.0), coat)
    pen.limb(((0.06, 0.40), (0.12, 0.05)), (b * 0.46, b * 0.34), dark)
    pen.limb((chest, (0.15, 0.18)), (b * 0.75, b * 0.30), mix(coat, pale, 0.8))
    pen.limb(((0.12, 0.40), (0.17, 0.05)), (b * 0.46, b * 0.34), coat)
    pen.oval((0.20, 0.03), b * 0.5, 0.035, coat)
    pen.oval((-0.08, 0.13), b * 0.95, 0.13, coat * np.float32(0.92))
    pen.oval((0.02, 0.03), b * 0.75, 0.035, coat)
    _head(pen, beast, (chest[0] - beast.neck[0] * 0.55, chest[1]), coat, pale, dark)


def draw_bird(stage: Stage, figure: Figure, size: float, rng: np.random.Generator, *, flying: bool) -> Pen:
    """A bird, a flock's member on the wing or a songbird standing."""
    pen = Pen(size * (0.34 if flying else 0.20), left=1.0, right=1.0, top=1.2)
    body = np.clip(stage.lit(rgb(figure.outer or ("#f2efe8", "#4a5a78", "#c9703a")[int(rng.integers(3))])) * np.float32(1.1), 0, 1)
    dark = body * np.float32(0.6)
    if flying:
        beat = float(rng.uniform(0.25, 0.55))
        pen.shape([(0.05, 0.52), (-0.30, 0.52 + beat * 1.2), (-0.75, 0.50 + beat), (-0.35, 0.46), (-0.12, 0.42)], dark)
        pen.shape([(0.34, 0.50), (0.10, 0.58), (-0.28, 0.46), (-0.48, 0.42), (-0.24, 0.40), (0.12, 0.41)], body)
        pen.shape(
            [(0.10, 0.52), (0.06, 0.55 + beat * 1.3), (-0.22, 0.60 + beat * 1.7), (-0.14, 0.60), (-0.12, 0.46)],
            body * np.float32(0.9),
        )
        pen.polygon([(0.33, 0.53), (0.46, 0.49), (0.33, 0.47)], stage.lit(rgb("#e8a13c")))
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


def draw_robot(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    pen = Pen(size * 0.95, left=0.6, right=0.6, top=1.2)
    shell = np.clip(
        stage.lit(rgb(figure.outer or ("#9fb4c4", "#c9ccd2", "#d9a24a")[int(rng.integers(3))])) * np.float32(1.15), 0, 1
    )
    joint, eye = shell * np.float32(0.45), rgb("#6af2ff")
    for x, tone in ((0.08, 0.7), (-0.09, 1.0)):
        pen.limb(((x, 0.42), (x + 0.01, 0.22), (x, 0.06)), (0.035, 0.032, 0.035), joint)
        pen.limb(((x, 0.20), (x, 0.08)), (0.052, 0.062), shell * np.float32(tone))
        pen.limb(((x - 0.03, 0.035), (x + 0.07, 0.035)), (0.034, 0.034), shell * np.float32(tone * 0.85))
    pen.limb(((0.20, 0.66), (0.25, 0.50), (0.23, 0.38)), (0.034, 0.030, 0.034), joint)
    pen.shape([(-0.19, 0.74), (0.0, 0.77), (0.19, 0.74), (0.175, 0.48), (0.10, 0.39), (-0.10, 0.39), (-0.175, 0.48)], shell)
    pen.polygon([(-0.10, 0.68), (0.10, 0.68), (0.085, 0.54), (-0.085, 0.54)], shell * np.float32(0.72))
    pen.disc((0.0, 0.61), 0.032, eye)
    pen.limb(((0, 0.76), (0, 0.82)), (0.045, 0.045), joint)
    pen.shape(
        [(-0.15, 0.98), (-0.08, 1.035), (0.08, 1.035), (0.15, 0.98), (0.15, 0.86), (0.09, 0.805), (-0.09, 0.805), (-0.15, 0.86)],
        shell * np.float32(1.05),
    )
    pen.shape([(-0.11, 0.965), (0.12, 0.965), (0.13, 0.885), (-0.10, 0.885)], joint * np.float32(0.5))
    for x in (-0.035, 0.065):
        pen.disc((x, 0.925), 0.026, eye)
    pen.limb(((0.0, 1.03), (0.0, 1.12)), (0.010, 0.008), joint)
    pen.disc((0.0, 1.13), 0.022, rgb("#ff6a5a"))
    pen.limb(((-0.20, 0.68), (-0.25, 0.54), (-0.18, 0.42)), (0.042, 0.034, 0.040), shell * np.float32(0.9))
    pen.disc((-0.17, 0.40), 0.040, joint)
    return pen


def draw_dragon(stage: Stage, figure: Figure, size: float, rng: np.random.Generator) -> Pen:
    """A winged dragon in flight."""
    pen = Pen(size * 1.0, left=1.4, right=1.3, top=1.6, bottom=0.4)
    scale = np.clip(
        stage.lit(rgb(figure.outer or ("#3f6a4a", "#8a2f2f", "#3f4a7a")[int(rng.integers(3))])) * np.float32(1.15), 0, 1
    )
    dark, belly = scale * np.float32(0.6), mix(scale, stage.lit(rgb("#e8c98a")), 0.55)
    wing: Callable[[float, float], list[Point]] = lambda dx, k: [  # noqa: E731 - two wings of one shape, side by side
        (0.15 + dx, 0.62),
        (0.05 + dx, 1.10 * k),
        (-0.42 + dx, 1.50 * k),
        (-0.38 + dx, 1.20 * k),
        (-0.80 + dx, 1.28 * k),
        (-0.62 + dx, 0.98 * k),
        (-0.98 + dx, 0.92 * k),
        (-0.58 + dx, 0.72),
        (-0.20 + dx, 0.58),
    ]
    pen.polygon(wing(0.22, 0.96), dark * np.float32(0.8))
    pen.limb(((-0.30, 0.52), (-0.65, 0.36), (-0.98, 0.40), (-1.26, 0.62)), (0.10, 0.07, 0.045, 0.012), scale)
    pen.polygon([(-1.20, 0.56), (-1.38, 0.74), (-1.18, 0.72)], dark)
    pen.shape([(0.34, 0.66), (0.05, 0.74), (-0.36, 0.58), (-0.30, 0.44), (0.05, 0.40), (0.34, 0.48)], scale)
    pen.shape([(0.32, 0.52), (0.0, 0.46), (-0.28, 0.47), (0.02, 0.40), (0.30, 0.44)], belly)
    pen.limb(((0.26, 0.58), (0.52, 0.74), (0.68, 0.96)), (0.12, 0.085, 0.062), scale)
    pen.limb(((0.66, 0.97), (0.92, 0.94)), (0.085, 0.040), scale)
    pen.polygon([(0.66, 1.02), (0.46, 1.22), (0.58, 1.00)], dark)
    pen.polygon([(0.74, 1.02), (0.60, 1.24), (0.66, 1.00)], dark)
    pen.disc((0.76, 0.99), 0.022, rgb("#ffd84a"))
    for x in (0.12, -0.16):
        pen.limb(((x, 0.46), (x - 0.08, 0.30), (x + 0.02, 0.24)), (0.060, 0.035, 0.022), dark)
    pen.polygon(wing(0.0, 1.0), scale * np.float32(0.86))
    for tip in ((0.05, 1.10), (-0.42, 1.50), (-0.80, 1.28), (-0.98, 0.92)):
        pen.limb(((0.12, 0.62), tip), (0.020, 0.007), dark)
    return pen
