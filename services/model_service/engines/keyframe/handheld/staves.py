"""What is held by its shaft: staffs, wands, tools, a broom, a rod, an oar."""

import math
from collections.abc import Mapping

from services.model_service.engines.keyframe.canvas import Point, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, shaded
from services.model_service.engines.keyframe.handheld.grip import Draw, Grip


def pole(pen: Brush, g: Grip, wear: Wardrobe, *, over: float) -> Point:
    """A pole set on the ground that stands by the hand; gives its top."""
    x, y = g.hand
    top = (x + 0.012, y + over * g.size)
    pen.tube((top, (x - 0.010, g.ground + 0.004)), (0.011, 0.013), wear.wood)
    return top


def _staff(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    top = pole(pen, g, wear, over=0.36)
    pen.disc(top, 0.016, shaded(wear.wood))


def _wand_staff(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    top = pole(pen, g, wear, over=0.42)
    pen.ribbon(
        [top, (top[0] + 0.045, top[1] + 0.04), (top[0] + 0.01, top[1] + 0.09), (top[0] - 0.03, top[1] + 0.055)], 0.016, wear.wood
    )
    pen.disc((top[0] + 0.004, top[1] + 0.05), 0.028, rgb("#7fe0ff"))
    pen.disc((top[0] - 0.002, top[1] + 0.058), 0.012, rgb("#f2feff"))


def _cane(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    pen.tube(((x, y + 0.012), (x + 0.022, g.ground + 0.004)), (0.011, 0.009), wear.wood)
    pen.ribbon([(x, y + 0.006), (x + 0.004, y + 0.026), (x - 0.026, y + 0.028)], 0.018, wear.wood)


def _sceptre(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, -0.14), g.at(0, 0.20)), (0.009, 0.011), wear.gold)
    pen.disc(g.at(0, 0.23), 0.030, wear.gold)
    pen.disc(g.at(0, 0.23), 0.015, wear.outer)


def _wand(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, -0.02), g.at(0, 0.15)), (0.007, 0.006), wear.wood)
    tip = g.at(0, 0.18)
    spokes = [
        (tip[0] + r * math.sin(a), tip[1] + r * math.cos(a))
        for a, r in ((k * math.pi / 5, 0.036 if k % 2 == 0 else 0.015) for k in range(10))
    ]
    pen.polygon(spokes, rgb("#ffe98a"))


def _broom(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    pen.tube(((x, y + 0.42), (x, 0.20)), (0.010, 0.011), wear.wood)
    pen.panel(
        [(x - 0.02, 0.22), (x - 0.06, 0.10), (x - 0.065, 0.0)],
        [(x + 0.02, 0.22), (x + 0.06, 0.10), (x + 0.07, 0.0)],
        mix(wear.gold, wear.wood, 0.35),
    )
    pen.limb(((x - 0.03, 0.20), (x + 0.03, 0.20)), (0.012, 0.012), wear.accent)


def _tool(head: str) -> Draw:
    def draw(pen: Brush, g: Grip, wear: Wardrobe) -> None:
        wood = g.paint(wear.wood)
        if head == "ladle":
            pen.tube((g.at(0, -0.03), g.at(0, 0.20)), (0.007, 0.006), wear.metal)
            pen.oval(g.at(0.012, 0.22), 0.034, 0.024, wear.metal)
        elif head == "wrench":
            pen.tube((g.at(0, -0.06), g.at(0, 0.11)), (0.012, 0.012), wear.metal)
            for way in (-1, 1):
                pen.limb((g.at(0, 0.11), g.at(0.026 * way, 0.14), g.at(0.022 * way, 0.17)), (0.014, 0.012, 0.009), wear.metal)
        elif head == "brush":
            pen.tube((g.at(0, -0.06), g.at(0, 0.10)), (0.006, 0.006), wood)
            pen.tube((g.at(0, 0.10), g.at(0, 0.14)), (0.012, 0.004), wear.accent)
        elif head == "hoe":
            pen.tube((g.at(0, -0.20), g.at(0, 0.48)), (0.011, 0.011), wood)
            pen.polygon([g.at(-0.01, 0.50), g.at(0.13, 0.46), g.at(0.13, 0.43), g.at(-0.01, 0.45)], wear.metal)
        else:
            pen.tube((g.at(0, -0.05), g.at(0, 0.16)), (0.010, 0.010), wood)
            pen.limb((g.at(-0.045, 0.17), g.at(0.055, 0.17)), (0.022, 0.020), wear.metal)

    return draw


def _rod(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    tip = g.at(0, 0.80)
    pen.tube((g.at(0, -0.12), tip), (0.010, 0.003), wear.wood)
    end = (tip[0] + 0.05, max(g.ground + 0.02, 0.02))
    pen.ribbon([tip, (tip[0] + 0.045, (tip[1] + end[1]) / 2), end], 0.003, wear.white)
    pen.disc(end, 0.016, rgb("#e8483a") * wear.white)


def _oar(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, 0.10), g.at(0, -0.46)), (0.010, 0.011), wear.wood)
    pen.tube((g.at(0, -0.44), g.at(0, -0.60)), (0.016, 0.030), wear.wood)


STAVES: Mapping[str, Draw] = {
    "staff": _staff,
    "wand staff": _wand_staff,
    "cane": _cane,
    "sceptre": _sceptre,
    "wand": _wand,
    "broom": _broom,
    "ladle": _tool("ladle"),
    "wrench": _tool("wrench"),
    "brush": _tool("brush"),
    "hoe": _tool("hoe"),
    "hammer": _tool("hammer"),
    "rod": _rod,
    "oar": _oar,
}
