"""What hands hold: drawn from the grip, so that a thing follows the hand wherever the pose puts it."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, shaded


class Grip:
    """A hand's place, and the direction in which it points a thing: degrees from straight up, to the front positive."""

    def __init__(self, hand: Point, aim: float, size: float, ground: float) -> None:
        self.hand, self.size, self.ground = hand, size, ground
        a = math.radians(aim)
        self._up, self._across = (math.sin(a), math.cos(a)), (math.cos(a), -math.sin(a))

    def at(self, across: float, up: float) -> Point:
        """A place on the thing, by its own axes from the grip."""
        (ux, uy), (ax, ay), k = self._up, self._across, self.size
        return self.hand[0] + k * (ax * across + ux * up), self.hand[1] + k * (ay * across + uy * up)

    def upright(self, across: float, up: float) -> Point:
        return self.hand[0] + self.size * across, self.hand[1] + self.size * up


Draw = Callable[[Brush, Grip, Wardrobe], None]


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


def _pole(pen: Brush, g: Grip, wear: Wardrobe, *, over: float) -> Point:
    """A pole set on the ground that stands by the hand; gives its top."""
    x, y = g.hand
    top = (x + 0.012, y + over * g.size)
    pen.tube((top, (x - 0.010, g.ground + 0.004)), (0.011, 0.013), wear.wood)
    return top


def _staff(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    top = _pole(pen, g, wear, over=0.36)
    pen.disc(top, 0.016, shaded(wear.wood))


def _wand_staff(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    top = _pole(pen, g, wear, over=0.42)
    pen.ribbon(
        [top, (top[0] + 0.045, top[1] + 0.04), (top[0] + 0.01, top[1] + 0.09), (top[0] - 0.03, top[1] + 0.055)], 0.016, wear.wood
    )
    pen.disc((top[0] + 0.004, top[1] + 0.05), 0.028, rgb("#7fe0ff"))
    pen.disc((top[0] - 0.002, top[1] + 0.058), 0.012, rgb("#f2feff"))


def _spear(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = _pole(pen, g, wear, over=0.62)
    bright = mix(wear.metal, wear.white, 0.4)
    pen.polygon([(x - 0.022, y + 0.03), (x, y + 0.13), (x + 0.022, y + 0.03), (x, y - 0.01)], bright)
    pen.polygon([(x, y + 0.13), (x + 0.022 * -pen.light, y + 0.03), (x, y - 0.01)], shaded(wear.metal))
    for k in (-1, 0, 1):
        pen.tube(((x, y - 0.01), (x + 0.018 * k, y - 0.07)), (0.010, 0.006), wear.accent)


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


def _rifle(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, -0.20), g.at(0.0, -0.04)), (0.026, 0.014), wear.wood)
    pen.tube((g.at(0, -0.05), g.at(0, 0.16)), (0.014, 0.012), wear.wood)
    pen.limb((g.at(-0.004, 0.1), g.at(-0.004, 0.36)), (0.007, 0.007), wear.ink)


def _bow(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.ribbon([g.at(-0.10, 0.32), g.at(0.0, 0.18), g.at(0.02, 0.0), g.at(0.0, -0.18), g.at(-0.10, -0.32)], 0.018, wear.wood)
    pen.line([g.at(-0.10, 0.32), g.at(-0.10, -0.32)], 0.004, wear.white)


def _tool(head: str) -> Draw:
    def draw(pen: Brush, g: Grip, wear: Wardrobe) -> None:
        shade_wood = wear.wood
        if head == "ladle":
            pen.tube((g.at(0, -0.03), g.at(0, 0.20)), (0.007, 0.006), wear.metal)
            pen.oval(g.at(0.012, 0.22), 0.034, 0.024, wear.metal)
        elif head == "wrench":
            pen.tube((g.at(0, -0.06), g.at(0, 0.11)), (0.012, 0.012), wear.metal)
            for way in (-1, 1):
                pen.limb((g.at(0, 0.11), g.at(0.026 * way, 0.14), g.at(0.022 * way, 0.17)), (0.014, 0.012, 0.009), wear.metal)
        elif head == "brush":
            pen.tube((g.at(0, -0.06), g.at(0, 0.10)), (0.006, 0.006), shade_wood)
            pen.tube((g.at(0, 0.10), g.at(0, 0.14)), (0.012, 0.004), wear.accent)
        elif head == "hoe":
            pen.tube((g.at(0, -0.20), g.at(0, 0.48)), (0.011, 0.011), shade_wood)
            pen.polygon([g.at(-0.01, 0.50), g.at(0.13, 0.46), g.at(0.13, 0.43), g.at(-0.01, 0.45)], wear.metal)
        else:
            pen.tube((g.at(0, -0.05), g.at(0, 0.16)), (0.010, 0.010), shade_wood)
            pen.limb((g.at(-0.045, 0.17), g.at(0.055, 0.17)), (0.022, 0.020), wear.metal)

    return draw


def _sack(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    cloth = mix(wear.wood, wear.inner, 0.55)
    pen.shape(
        [
            g.upright(0.0, 0.01),
            g.upright(0.05, -0.05),
            g.upright(0.11, -0.17),
            g.upright(0.05, -0.27),
            g.upright(-0.05, -0.27),
            g.upright(-0.11, -0.17),
            g.upright(-0.05, -0.05),
        ],
        cloth,
    )
    pen.shape(
        [
            g.upright(-0.05 * pen.light, -0.06),
            g.upright(-0.11 * pen.light, -0.17),
            g.upright(-0.05 * pen.light, -0.27),
            g.upright(-0.03 * pen.light, -0.16),
        ],
        shaded(cloth),
    )


def _bouquet(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    leaf = mix(rgb("#5a9a4a"), wear.ink, 0.1) * wear.white
    for x in (-0.03, 0.0, 0.03):
        pen.tube((g.upright(x * 0.3, -0.05), g.upright(x, 0.06)), (0.006, 0.006), leaf)
    for k, (x, y) in enumerate(((-0.045, 0.07), (0.045, 0.075), (0.0, 0.10), (-0.022, 0.055), (0.026, 0.05))):
        petal = rgb(("#e8607a", "#f2b84a", "#f6e6ee", "#d05a9a", "#f08a5a")[k]) * wear.white
        pen.disc(g.upright(x, y), 0.027, petal)
        pen.disc(g.upright(x, y), 0.010, mix(petal, wear.white, 0.6))


def _flower(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    leaf, petal = rgb("#5a9a4a") * wear.white, rgb("#e8506a") * wear.white
    pen.tube((g.at(0, -0.05), g.at(0, 0.13)), (0.006, 0.005), leaf)
    for k in range(5):
        a = k * 2 * math.pi / 5
        pen.disc((g.at(0, 0.15)[0] + 0.024 * math.sin(a), g.at(0, 0.15)[1] + 0.024 * math.cos(a)), 0.020, petal)
    pen.disc(g.at(0, 0.15), 0.014, rgb("#f6c84a") * wear.white)


def _lantern(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    iron = wear.ink
    pen.ribbon([g.upright(-0.035, -0.055), g.upright(0.0, 0.0), g.upright(0.035, -0.055)], 0.008, iron)
    pen.polygon([g.upright(-0.05, -0.055), g.upright(0.05, -0.055), g.upright(0.03, -0.035), g.upright(-0.03, -0.035)], iron)
    pen.polygon(
        [g.upright(-0.042, -0.055), g.upright(0.042, -0.055), g.upright(0.038, -0.155), g.upright(-0.038, -0.155)], rgb("#ffc85a")
    )
    pen.oval(g.upright(0, -0.112), 0.017 * g.size, 0.034 * g.size, rgb("#fff8dc"))
    for x in (-0.042, 0.0, 0.042):
        pen.line([g.upright(x, -0.055), g.upright(x * 0.9, -0.155)], 0.006, iron)
    pen.polygon([g.upright(-0.05, -0.150), g.upright(0.05, -0.150), g.upright(0.05, -0.172), g.upright(-0.05, -0.172)], iron)


def _torch(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, -0.10), g.at(0, 0.10)), (0.011, 0.017), wear.wood)
    for k, code in ((1.0, "#ff7a2a"), (0.68, "#ffb84a"), (0.38, "#fff2b8")):
        pen.shape(
            [
                g.upright(-0.035 * k, 0.11),
                g.upright(-0.02 * k, 0.15 + 0.03 * k),
                g.upright(0.006, 0.12 + 0.13 * k),
                g.upright(0.036 * k, 0.14),
                g.upright(0.02 * k, 0.10),
            ],
            rgb(code),
        )


def _letter(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    paper = mix(wear.white, wear.inner, 0.25)
    pen.polygon([g.at(-0.06, -0.03), g.at(-0.06, 0.10), g.at(0.06, 0.10), g.at(0.06, -0.03)], paper)
    pen.polygon([g.at(-0.06, 0.10), g.at(0.0, 0.04), g.at(0.06, 0.10)], shaded(paper))
    pen.disc(g.at(0.0, 0.042), 0.014 * g.size, rgb("#b8332f") * wear.white)


def _page(pen: Brush, g: Grip, wear: Wardrobe, *, wide: float, high: float, lines: int, colour: Array) -> None:
    pen.polygon([g.at(-wide, -0.03), g.at(-wide, high), g.at(wide, high), g.at(wide, -0.03)], colour)
    for k in range(lines):
        y = high - (k + 1) * (high + 0.03) / (lines + 1)
        pen.line([g.at(-wide * 0.75, y), g.at(wide * (0.75 if k % 3 else 0.45), y)], 0.005, mix(colour, wear.ink, 0.45))


def _photo(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    _page(pen, g, wear, wide=0.05, high=0.09, lines=0, colour=wear.white)
    pen.polygon(
        [g.at(-0.04, 0.0), g.at(-0.04, 0.08), g.at(0.04, 0.08), g.at(0.04, 0.0)], mix(rgb("#8ab4d8") * wear.white, wear.inner, 0.2)
    )
    pen.disc(g.at(0.0, 0.045), 0.017 * g.size, wear.skin)


def _map(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    paper = mix(wear.gold, wear.white, 0.62)
    _page(pen, g, wear, wide=0.10, high=0.12, lines=0, colour=paper)
    pen.line([g.at(-0.07, 0.0), g.at(-0.03, 0.05), g.at(0.02, 0.04), g.at(0.06, 0.09)], 0.007, rgb("#b8332f") * wear.white)
    for x in (-0.033, 0.033):
        pen.line([g.at(x, -0.03), g.at(x, 0.12)], 0.004, shaded(paper))


def _phone(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.polygon([g.at(-0.025, -0.02), g.at(-0.025, 0.085), g.at(0.025, 0.085), g.at(0.025, -0.02)], wear.ink)
    pen.polygon([g.at(-0.020, -0.010), g.at(-0.020, 0.076), g.at(0.020, 0.076), g.at(0.020, -0.010)], rgb("#a8dcff"))


def _book(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    cover, page = wear.accent, mix(wear.white, wear.inner, 0.2)
    for way in (-1, 1):
        pen.polygon([g.at(0, -0.025), g.at(way * 0.105, 0.0), g.at(way * 0.105, 0.125), g.at(0, 0.10)], cover)
        pen.polygon(
            [g.at(0, -0.012), g.at(way * 0.096, 0.012), g.at(way * 0.096, 0.118), g.at(0, 0.098)],
            page if way * pen.light > 0 else shaded(page),
        )
        for k in range(3):
            pen.line([g.at(way * 0.02, 0.075 - 0.028 * k), g.at(way * 0.082, 0.092 - 0.028 * k)], 0.005, mix(page, wear.ink, 0.4))


def _compass(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    c = g.at(0, 0.05)
    pen.disc(c, 0.052 * g.size, wear.gold)
    pen.disc(c, 0.042 * g.size, mix(wear.white, wear.inner, 0.3))
    pen.polygon([g.at(0.026, 0.082), g.at(-0.010, 0.056), g.at(0.010, 0.044)], rgb("#c8332f") * wear.white)
    pen.polygon([g.at(-0.026, 0.018), g.at(-0.010, 0.056), g.at(0.010, 0.044)], wear.ink)


def _box(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    card = mix(wear.wood, wear.gold, 0.4)
    pen.polygon([g.at(-0.10, -0.05), g.at(-0.10, 0.10), g.at(0.10, 0.10), g.at(0.10, -0.05)], card)
    pen.polygon(
        [
            g.at(-0.10 * pen.light, -0.05),
            g.at(-0.10 * pen.light, 0.10),
            g.at(-0.02 * pen.light, 0.10),
            g.at(-0.02 * pen.light, -0.05),
        ],
        shaded(card),
    )
    pen.polygon([g.at(-0.018, -0.05), g.at(-0.018, 0.10), g.at(0.018, 0.10), g.at(0.018, -0.05)], wear.accent)
    pen.polygon([g.at(-0.10, 0.10), g.at(-0.07, 0.13), g.at(0.13, 0.13), g.at(0.10, 0.10)], mix(card, wear.white, 0.25))


def _key(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.limb((g.at(0, 0.0), g.at(0, 0.09)), (0.007, 0.007), wear.gold)
    pen.disc(g.at(0, -0.02), 0.022 * g.size, wear.gold)
    pen.disc(g.at(0, -0.02), 0.010 * g.size, shaded(wear.skin))
    for y in (0.065, 0.085):
        pen.limb((g.at(0, y), g.at(0.022, y)), (0.006, 0.006), wear.gold)


def _umbrella(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    rim, top = y + 0.40, y + 0.60
    x -= 0.03
    pen.limb((g.hand, (x, top)), (0.008, 0.007), wear.wood)
    half = 0.36
    dome = [(x + half * math.cos(a), rim + (top - rim) * math.sin(a)) for a in np.linspace(0, math.pi, 21)]
    scallops = [(x - half + 2 * half * k / 24, rim + 0.030 * abs(math.sin(k * math.pi / 6))) for k in range(25)]
    pen.polygon([*dome, *scallops], wear.accent)
    dark = [p for p in dome if (p[0] - x) * pen.light <= 0.06]
    pen.polygon(
        [*dark, *[p for p in (scallops if pen.light > 0 else reversed(scallops)) if (p[0] - x) * pen.light <= -0.10]],
        shaded(wear.accent),
    )
    for k in (-0.52, 0.0, 0.52):
        pen.stroke(
            [(x, top), (x + half * k * 0.8, (rim + top) / 2 + 0.05), (x + half * k, rim + 0.02)], 0.007, shaded(shaded(wear.accent))
        )
    pen.disc((x, top + 0.006), 0.012, wear.wood)


def _balloon(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    cx, cy = x + 0.05, y + 0.48
    pen.ribbon([(x, y), (x + 0.012, y + 0.16), (cx - 0.01, cy - 0.12)], 0.005, wear.white)
    red = rgb("#e8483a") * wear.white
    pen.oval((cx, cy), 0.098, 0.118, red)
    pen.oval((cx - 0.022 * pen.light, cy - 0.02), 0.070, 0.088, shaded(red))
    pen.oval((cx, cy + 0.012), 0.072, 0.086, red)
    pen.oval((cx + 0.038 * pen.light, cy + 0.045), 0.016, 0.026, mix(red, wear.white, 0.7))
    pen.polygon([(cx - 0.014, cy - 0.132), (cx + 0.014, cy - 0.132), (cx, cy - 0.112)], red)


def _rod(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    tip = g.at(0, 0.80)
    pen.tube((g.at(0, -0.12), tip), (0.010, 0.003), wear.wood)
    end = (tip[0] + 0.05, max(g.ground + 0.02, 0.02))
    pen.ribbon([tip, (tip[0] + 0.045, (tip[1] + end[1]) / 2), end], 0.003, wear.white)
    pen.disc(end, 0.016, rgb("#e8483a") * wear.white)


def _oar(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    pen.tube((g.at(0, 0.10), g.at(0, -0.46)), (0.010, 0.011), wear.wood)
    pen.tube((g.at(0, -0.44), g.at(0, -0.60)), (0.016, 0.030), wear.wood)


HELD: Mapping[str, Draw] = {
    "sword": _sword,
    "jian": _jian,
    "katana": _katana,
    "cutlass": _cutlass,
    "spear": _spear,
    "staff": _staff,
    "wand staff": _wand_staff,
    "cane": _cane,
    "sceptre": _sceptre,
    "wand": _wand,
    "broom": _broom,
    "rifle": _rifle,
    "bow": _bow,
    "ladle": _tool("ladle"),
    "wrench": _tool("wrench"),
    "brush": _tool("brush"),
    "hoe": _tool("hoe"),
    "hammer": _tool("hammer"),
    "sack": _sack,
    "bouquet": _bouquet,
    "flower": _flower,
    "lantern": _lantern,
    "torch": _torch,
    "letter": _letter,
    "photo": _photo,
    "map": _map,
    "phone": _phone,
    "book": _book,
    "compass": _compass,
    "box": _box,
    "key": _key,
    "umbrella": _umbrella,
    "balloon": _balloon,
    "rod": _rod,
    "oar": _oar,
}


def draw_held(pen: Brush, name: str, hand: Point, wear: Wardrobe, *, aim: float, size: float = 1.0, ground: float = 0.0) -> None:
    """Draw the thing in the hand. `aim`: where it points, degrees from straight up to the figure's front; `ground` is the
    row that a staff stands on, in the figure's units.
    """
    HELD[name](pen, Grip(hand, aim, size, ground), wear)
