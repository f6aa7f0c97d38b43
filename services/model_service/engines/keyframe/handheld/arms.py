"""Arms as a hand holds them: blades, spear, bow, rifle."""

from collections.abc import Mapping

import numpy as np

from services.model_service.engines.keyframe.canvas import mix
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, shaded
from services.model_service.engines.keyframe.handheld.grip import Draw, Grip
from services.model_service.engines.keyframe.handheld.staves import pole


def _blade(pen: Brush, g: Grip, wear: Wardrobe, *, long: float, wide: float, curve: float = 0.0, guard: float = 0.05) -> None:
    pen.limb((g.at(0, -0.05), g.at(0, 0.02)), (0.011, 0.011), wear.boots)
    spine = [g.at(-wide + curve * (t * t), 0.02 + long * t) for t in np.linspace(0, 1, 7)]
    edge = [g.at(wide * (1 - 0.55 * t) + curve * (t * t), 0.02 + long * t) for t in np.linspace(0, 0.93, 7)]
    bright = mix(wear.metal, wear.white, 0.45)
    pen.polygon([*spine, *reversed(edge)], bright)
    middle = [g.at(curve * (t * t), 0.02 + long * t) for t in np.linspace(0, 0.93, 7)]
    pen.polygon([*edge, *reversed(middle)] if pen.light < 0 else [*spine[:-1], *reversed(middle)], shaded(wear.metal))
    pen.limb((g.at(-guard, 0.02), g.at(guard, 0.02)), (0.010, 0.010), wear.gold)
    pen.disc(g.at(0, -0.06), 0.013, wear.gold)


def _sword(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    _blade(pen, g, wear, long=0.50, wide=0.016, guard=0.060)


def _jian(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    _blade(pen, g, wear, long=0.52, wide=0.011, guard=0.032)
    pen.ribbon([g.at(0, -0.06), g.at(0.02, -0.12), g.upright(-0.02, -0.17)], 0.010, wear.accent)


def _katana(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    _blade(pen, g, wear, long=0.52, wide=0.010, curve=-0.05, guard=0.024)


def _cutlass(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    _blade(pen, g, wear, long=0.40, wide=0.019, curve=-0.07, guard=0.045)


def _spear(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = pole(pen, g, wear, over=0.62)
    bright = mix(wear.metal, wear.white, 0.4)
    pen.polygon([(x - 0.022, y + 0.03), (x, y + 0.13), (x + 0.022, y + 0.03), (x, y - 0.01)], bright)
    pen.polygon([(x, y + 0.13), (x + 0.022 * -pen.light, y + 0.03), (x, y - 0.01)], shaded(wear.metal))
    for k in (-1, 0, 1):
        pen.tube(((x, y - 0.01), (x + 0.018 * k, y - 0.07)), (0.010, 0.006), wear.accent)


def _rifle(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, -0.20), g.at(0.0, -0.04)), (0.026, 0.014), wear.wood)
    pen.tube((g.at(0, -0.05), g.at(0, 0.16)), (0.014, 0.012), wear.wood)
    pen.limb((g.at(-0.004, 0.1), g.at(-0.004, 0.36)), (0.007, 0.007), wear.ink)


def _bow(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.ribbon([g.at(-0.10, 0.32), g.at(0.0, 0.18), g.at(0.02, 0.0), g.at(0.0, -0.18), g.at(-0.10, -0.32)], 0.018, wear.wood)
    pen.line([g.at(-0.10, 0.32), g.at(-0.10, -0.32)], 0.004, wear.white)


ARMS: Mapping[str, Draw] = {
    "sword": _sword,
    "jian": _jian,
    "katana": _katana,
    "cutlass": _cutlass,
    "spear": _spear,
    "bow": _bow,
    "rifle": _rifle,
}
