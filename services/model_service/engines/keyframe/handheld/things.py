"""What is carried in the hand: light, paper, a book, a box, a sack, an umbrella."""

import math
from collections.abc import Mapping

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, shaded
from services.model_service.engines.keyframe.handheld.grip import Draw, Grip


def _sack(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    cloth = g.paint(mix(wear.wood, wear.inner, 0.55))
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
    paper = g.paint(mix(wear.white, wear.inner, 0.25))
    pen.polygon([g.at(-0.06, -0.03), g.at(-0.06, 0.10), g.at(0.06, 0.10), g.at(0.06, -0.03)], paper)
    pen.polygon([g.at(-0.06, 0.10), g.at(0.0, 0.04), g.at(0.06, 0.10)], shaded(paper))
    pen.disc(g.at(0.0, 0.042), 0.014 * g.size, rgb("#b8332f") * wear.white)


def _page(pen: Brush, g: Grip, wear: Wardrobe, *, wide: float, high: float, lines: int, colour: Array) -> None:
    pen.polygon([g.at(-wide, -0.03), g.at(-wide, high), g.at(wide, high), g.at(wide, -0.03)], colour)
    for k in range(lines):
        y = high - (k + 1) * (high + 0.03) / (lines + 1)
        pen.line([g.at(-wide * 0.75, y), g.at(wide * (0.75 if k % 3 else 0.45), y)], 0.005, mix(colour, wear.ink, 0.45))


def _map(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    paper = mix(wear.gold, wear.white, 0.62)
    _page(pen, g, wear, wide=0.10, high=0.12, lines=0, colour=paper)
    pen.line([g.at(-0.07, 0.0), g.at(-0.03, 0.05), g.at(0.02, 0.04), g.at(0.06, 0.09)], 0.007, rgb("#b8332f") * wear.white)
    for x in (-0.033, 0.033):
        pen.line([g.at(x, -0.03), g.at(x, 0.12)], 0.004, shaded(paper))


def _book(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    cover, page = g.paint(wear.accent), mix(wear.white, wear.inner, 0.2)
    for way in (-1, 1):
        pen.polygon([g.at(0, -0.025), g.at(way * 0.105, 0.0), g.at(way * 0.105, 0.125), g.at(0, 0.10)], cover)
        pen.polygon(
            [g.at(0, -0.012), g.at(way * 0.096, 0.012), g.at(way * 0.096, 0.118), g.at(0, 0.098)],
            page if way * pen.light > 0 else shaded(page),
        )
        for k in range(3):
            pen.line([g.at(way * 0.02, 0.075 - 0.028 * k), g.at(way * 0.082, 0.092 - 0.028 * k)], 0.005, mix(page, wear.ink, 0.4))


def _box(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    """A wooden box with a lid and a clasp, seen from its front corner; opened it shows its inside, and light from there."""
    wood = g.paint(mix(wear.wood, wear.gold, 0.22))
    dark, band = shaded(wood), mix(wear.gold, wear.wood, 0.25)

    def at(x: float, y: float) -> Point:
        return g.upright(x, y - (0.085 if g.opened else 0.015))

    pen.polygon([at(-0.12, 0.0), at(-0.12, 0.10), at(0.07, 0.085), at(0.07, -0.018)], wood)
    pen.polygon([at(0.07, -0.018), at(0.07, 0.085), at(0.135, 0.11), at(0.135, 0.012)], dark)
    for y in (0.035, 0.068):
        pen.line([at(-0.12, y), at(0.07, y - 0.016)], 0.004, dark)
    top = [at(-0.12, 0.10), at(-0.055, 0.125), at(0.135, 0.11), at(0.07, 0.085)]
    if g.opened:
        pen.polygon(top, shaded(shaded(dark)))
        lid = [at(-0.055, 0.125), at(0.135, 0.11), at(0.118, 0.205), at(-0.068, 0.222)]
        pen.polygon(lid, dark)
        pen.polygon([at(-0.040, 0.135), at(0.120, 0.122), at(0.106, 0.190), at(-0.052, 0.205)], shaded(dark))
    else:
        pen.polygon([at(-0.12, 0.10), at(-0.12, 0.128), at(0.07, 0.113), at(0.07, 0.085)], mix(wood, wear.white, 0.14))
        pen.polygon([at(0.07, 0.085), at(0.07, 0.113), at(0.135, 0.138), at(0.135, 0.11)], wood)
        pen.polygon([at(-0.12, 0.128), at(-0.055, 0.153), at(0.135, 0.138), at(0.07, 0.113)], mix(wood, wear.white, 0.26))
    for x in (-0.105, 0.052):
        pen.line([at(x, 0.0 - 0.095 * (x + 0.12)), at(x, 0.10 - 0.08 * (x + 0.12))], 0.010, band)
    pen.polygon([at(-0.042, 0.062), at(-0.042, 0.098), at(-0.010, 0.095), at(-0.010, 0.060)], band)
    pen.disc(at(-0.026, 0.075), 0.006, wear.ink)


def _umbrella(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    cloth = g.paint(wear.accent)
    rim, top = y + 0.40, y + 0.60
    x -= 0.03
    pen.limb((g.hand, (x, top)), (0.008, 0.007), wear.wood)
    half = 0.36
    dome = [(x + half * math.cos(a), rim + (top - rim) * math.sin(a)) for a in np.linspace(0, math.pi, 21)]
    scallops = [(x - half + 2 * half * k / 24, rim + 0.030 * abs(math.sin(k * math.pi / 6))) for k in range(25)]
    pen.polygon([*dome, *scallops], cloth)
    dark = [p for p in dome if (p[0] - x) * pen.light <= 0.06]
    pen.polygon(
        [*dark, *[p for p in (scallops if pen.light > 0 else reversed(scallops)) if (p[0] - x) * pen.light <= -0.10]],
        shaded(cloth),
    )
    for k in (-0.52, 0.0, 0.52):
        pen.stroke(
            [(x, top), (x + half * k * 0.8, (rim + top) / 2 + 0.05), (x + half * k, rim + 0.02)], 0.007, shaded(shaded(cloth))
        )
    pen.disc((x, top + 0.006), 0.012, wear.wood)


def _balloon(pen: Brush, g: Grip, wear: Wardrobe) -> None:
    x, y = g.hand
    cx, cy = x + 0.05, y + 0.48
    pen.ribbon([(x, y), (x + 0.012, y + 0.16), (cx - 0.01, cy - 0.12)], 0.005, wear.white)
    skin = g.paint(rgb("#e8483a") * wear.white)
    pen.oval((cx, cy), 0.098, 0.118, skin)
    pen.oval((cx - 0.022 * pen.light, cy - 0.02), 0.070, 0.088, shaded(skin))
    pen.oval((cx, cy + 0.012), 0.072, 0.086, skin)
    pen.oval((cx + 0.038 * pen.light, cy + 0.045), 0.016, 0.026, mix(skin, wear.white, 0.7))
    pen.polygon([(cx - 0.014, cy - 0.132), (cx + 0.014, cy - 0.132), (cx, cy - 0.112)], skin)


THINGS: Mapping[str, Draw] = {
    "sack": _sack,
    "lantern": _lantern,
    "torch": _torch,
    "letter": _letter,
    "map": _map,
    "book": _book,
    "box": _box,
    "umbrella": _umbrella,
    "balloon": _balloon,
}
