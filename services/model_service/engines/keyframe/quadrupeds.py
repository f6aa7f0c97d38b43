"""Four-legged animals: one smooth figure with proportions and marks by kind, standing, walking, running, sitting, asleep."""

import numpy as np

from services.model_service.engines.keyframe.beast_heads import draw_head
from services.model_service.engines.keyframe.beasts import BEASTS, Beast, Coat
from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


def draw_beast(stage: Stage, figure: Figure, action: str, size: float, rng: np.random.Generator) -> Pen:
    """The animal facing right; `size` is a grown-up person's height in pixels."""
    beast = BEASTS[figure.tag]
    pen = Pen(size * beast.height, left=0.85, right=0.98, top=1.42)
    fur = np.clip(stage.lit(rgb(figure.outer or beast.coats[int(rng.integers(len(beast.coats)))])) * np.float32(1.12), 0, 1)
    pale = stage.lit(rgb(figure.accent or beast.pale)) if figure.accent or beast.pale else mix(fur, np.ones(3, np.float32), 0.18)
    point = stage.lit(rgb(beast.point)) if beast.point else fur * np.float32(0.52)
    coat = Coat(fur, fur * np.float32(0.70), pale, point, np.float32(0.07) + fur * np.float32(0.05))
    if action == "sitting" and beast.height < 0.95 and "hoof" not in beast.marks:
        _sitting(pen, beast, coat)
    else:
        _on_its_legs(pen, beast, coat, running=action == "running", walking=action == "walking")
    return pen


def _on_its_legs(pen: Pen, beast: Beast, coat: Coat, *, running: bool, walking: bool) -> None:
    g, half = beast.girth, beast.length / 2
    back = beast.leg + g * 1.62
    head = (half + beast.neck[0], back + beast.neck[1])
    stride = 0.24 if running else 0.10 if walking else 0.045
    far = coat.shade if "panda" not in beast.marks else coat.point * np.float32(0.8)
    _leg(pen, beast, (-half + g * 0.25, back - g * 1.15), stride, far, coat, hind=True, running=running)
    _leg(pen, beast, (half - g * 0.05, back - g * 1.2), -stride, far, coat, hind=False, running=running)
    _tail(pen, beast, (-half - g * 0.60, back - g * 0.25), coat)
    r = beast.head
    outline: list[Point] = [
        (-half - g * 0.80, back - g * 0.85),
        (-half - g * 0.42, back - g * 0.05),
        (0.0, back - g * 0.10),
        (half - g * 0.25, back + g * 0.05),
        (head[0] - r * 0.85, head[1] + r * 0.15),
        (head[0] - r * 0.1, head[1] + r * 0.3),
        (head[0] + r * 0.35, head[1] - r * 0.75),
        (half + g * 0.80, back - g * 0.62),
        (half + g * 0.52, back - g * 1.55),
        (0.02, back - g * (1.82 - 0.15 * beast.waist)),
        (-half + g * 0.55, back - g * (1.80 - 0.45 * beast.waist)),
        (-half - g * 0.55, back - g * 1.55),
    ]
    pen.shape(outline, coat.fur)
    if "panda" in beast.marks:
        pen.shape(
            [
                (half - g * 0.62, back - g * 0.02),
                (half + g * 0.30, back - g * 0.02),
                (half + g * 0.72, back - g * 0.8),
                (half + g * 0.45, back - g * 1.6),
                (half - g * 0.35, back - g * 1.78),
            ],
            coat.point,
        )
    elif beast.pale:
        pen.shape(
            [
                (half + g * 0.74, back - g * 0.75),
                (half + g * 0.50, back - g * 1.50),
                (0.02, back - g * 1.80),
                (-half + g * 0.6, back - g * (1.76 - 0.45 * beast.waist)),
                (0.0, back - g * 1.52),
                (half + g * 0.15, back - g * 1.18),
            ],
            mix(coat.fur, coat.pale, 0.75),
        )
    if "spots" in beast.marks:
        for k, (x, y) in enumerate(((-0.75, 0.35), (-0.35, 0.30), (0.05, 0.36), (-0.55, 0.62), (-0.12, 0.64), (0.32, 0.58))):
            pen.disc((x * half * 1.1, back - g * y - 0.01 * (k % 2)), g * 0.085, mix(coat.fur, coat.pale, 0.8))
    near = coat.fur if "panda" not in beast.marks else coat.point
    pen.oval((-half - g * 0.02, back - g * 1.05), g * 0.80, g * 0.92, coat.fur)
    _leg(pen, beast, (-half - g * 0.05, back - g * 1.15), -stride, near, coat, hind=True, running=running)
    _leg(pen, beast, (half + g * 0.18, back - g * 1.15), stride, near, coat, hind=False, running=running)
    if "horse mane" in beast.marks:
        _horse_mane(pen, beast, head, (half, back), coat)
    draw_head(pen, beast, head, coat)


def _leg(pen: Pen, beast: Beast, root: Point, reach: float, colour: Array, coat: Coat, *, hind: bool, running: bool) -> None:
    w, x, leg = beast.girth * beast.limb, root[0], beast.leg
    lift = 0.10 * leg if running else 0.0
    if hind:
        knee = (x + beast.girth * 0.22 + reach * 0.25, leg * 0.66)
        hock = (x - beast.girth * 0.28 + reach * 0.75, leg * 0.36 + lift)
        foot = (x - beast.girth * 0.06 + reach * 1.25, 0.030 + lift * (1 if reach < 0 else 0.3))
        pen.limb(((x, root[1]), knee, hock, foot), (w * 1.75, w * 1.05, w * 0.62, w * 0.56), colour)
    else:
        elbow = (x - beast.girth * 0.04 + reach * 0.20, leg * 0.82)
        wrist = (x + reach * 0.75, leg * 0.42 + lift * 0.6)
        foot = (x + reach * 1.25, 0.030 + lift * (1 if reach > 0 else 0.2))
        pen.limb(((x, root[1]), elbow, wrist, foot), (w * 1.25, w * 0.88, w * 0.60, w * 0.54), colour)
        hock = wrist
    if "socks" in beast.marks:
        pen.limb((((hock[0] + foot[0]) / 2, (hock[1] + foot[1]) / 2), foot), (w * 0.58, w * 0.58), coat.point)
        colour = coat.point
    if "hoof" in beast.marks:
        dark = coat.ink + np.float32(0.10)
        top, y = w * 0.55, foot[1]
        pen.polygon(
            [
                (foot[0] - top, y + 0.02),
                (foot[0] + top, y + 0.02),
                (foot[0] + top * 1.5, y - 0.028),
                (foot[0] - top * 1.1, y - 0.028),
            ],
            dark,
        )
    else:
        pen.oval((foot[0] + w * 0.32, foot[1] - 0.004), w * 0.95, 0.026 + w * 0.12, colour)


def _tail(pen: Pen, beast: Beast, at: Point, coat: Coat) -> None:
    x, y = at
    if beast.tail == "brush":
        pen.shape(
            [
                (x + 0.06, y + 0.02),
                (x - 0.10, y - 0.03),
                (x - 0.24, y - 0.12),
                (x - 0.36, y - 0.26),
                (x - 0.22, y - 0.26),
                (x - 0.08, y - 0.16),
                (x + 0.05, y - 0.07),
            ],
            coat.fur * np.float32(0.92),
        )
        pen.shape([(x - 0.24, y - 0.15), (x - 0.37, y - 0.27), (x - 0.24, y - 0.25)], coat.pale)
    elif beast.tail == "up":
        curl = [(x + 0.06, y - 0.02), (x - 0.07, y + 0.08), (x - 0.09, y + 0.19), (x - 0.02, y + 0.25)]
        pen.limb(curl, (0.045, 0.038, 0.032, 0.018), coat.fur)
    elif beast.tail == "hair":
        hair = coat.point
        pen.shape(
            [
                (x + 0.04, y + 0.05),
                (x - 0.07, y + 0.04),
                (x - 0.15, y - 0.12),
                (x - 0.16, y - 0.38),
                (x - 0.09, y - 0.42),
                (x - 0.04, y - 0.16),
                (x + 0.03, y - 0.03),
            ],
            hair,
        )
        pen.shape([(x - 0.02, y + 0.02), (x - 0.10, y - 0.08), (x - 0.13, y - 0.34), (x - 0.08, y - 0.16)], hair * np.float32(1.25))
    elif beast.tail == "tuft":
        line = [(x + 0.05, y), (x - 0.10, y - 0.05), (x - 0.15, y - 0.20), (x - 0.13, y - 0.32)]
        pen.limb(line, (0.030, 0.022, 0.018, 0.016), coat.fur)
        pen.oval((x - 0.13, y - 0.36), 0.036, 0.062, coat.point)
    else:
        pen.oval((x + 0.01, y - 0.01), 0.055, 0.050, coat.fur)


def _horse_mane(pen: Pen, beast: Beast, head: Point, shoulder: Point, coat: Coat) -> None:
    r, (sx, sy) = beast.head, shoulder
    crest = [
        (head[0] + r * 0.25, head[1] + r * 1.25),
        (head[0] - r * 0.75, head[1] + r * 0.85),
        (head[0] - r * 1.75, head[1] - r * 0.9),
        (sx - 0.10, sy + 0.07),
        (sx - 0.09, sy - 0.03),
        (sx + 0.02, sy + 0.02),
        (head[0] - r * 1.05, head[1] - r * 1.2),
        (head[0] - r * 0.15, head[1] - r * 0.1),
    ]
    pen.shape(crest, coat.point)
    pen.shape(
        [crest[0], crest[1], (head[0] - r * 1.35, head[1] - r * 0.5), (head[0] - r * 0.6, head[1] + r * 0.1)],
        coat.point * np.float32(1.2),
    )


def _sitting(pen: Pen, beast: Beast, coat: Coat) -> None:
    """Sitting upright: haunches behind, straight forelegs."""
    b, w = beast.girth, beast.girth * beast.limb
    pen.limb(((-0.20, 0.06), (-0.34, 0.08), (-0.42, 0.20)), (0.045, 0.042, 0.020), coat.fur)
    chest: Point = (0.10, 0.20 + b * 2.1)
    head = (chest[0] + beast.neck[0] * 0.45, chest[1] + beast.neck[1] * 0.95)
    pen.limb(((0.06, 0.38), (0.14, 0.03)), (w * 1.1, w * 0.75), coat.shade if "panda" not in beast.marks else coat.point)
    pen.shape(
        [
            (-0.22, 0.05),
            (-0.27, 0.24),
            (-0.12, chest[1] - 0.04),
            (head[0] - beast.head * 0.8, head[1]),
            (head[0] + beast.head * 0.4, head[1] - beast.head * 0.6),
            (chest[0] + b * 0.85, chest[1] - 0.02),
            (0.17, 0.20),
            (0.10, 0.04),
        ],
        coat.fur,
    )
    if beast.pale:
        pen.shape(
            [(chest[0] + b * 0.80, chest[1]), (0.17, 0.24), (0.10, 0.16), (chest[0] - b * 0.1, chest[1] - b * 0.4)],
            mix(coat.fur, coat.pale, 0.8),
        )
    pen.oval((-0.10, 0.14), b * 1.05, 0.135, coat.fur)
    pen.oval((-0.085, 0.125), b * 0.85, 0.105, mix(coat.fur, coat.shade, 0.25))
    pen.oval((0.02, 0.030), b * 0.72, 0.034, coat.fur)
    foreleg = coat.point if "panda" in beast.marks else coat.fur
    pen.limb(((0.13, 0.40), (0.19, 0.035)), (w * 1.0, w * 0.72), foreleg)
    pen.oval((0.215, 0.028), w * 1.05, 0.032, coat.point if "socks" in beast.marks else foreleg)
    draw_head(pen, beast, head, coat)
