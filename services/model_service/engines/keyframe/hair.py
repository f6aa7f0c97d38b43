"""Hair, beards and what is worn on the head: grown over the ball of the head, so that they hold at any turn."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix
from services.model_service.engines.keyframe.faces import Head
from services.model_service.engines.keyframe.figure_brush import Brush, shaded

_AZIMUTHS = (0.0, 30.0, 60.0, 80.0, 100.0, 130.0, 180.0)
HAIRLINES: Mapping[str, tuple[float, ...]] = {
    "girlish": (19, 17, 4, -18, -36, -52, -56),
    "bob": (20, 18, 2, -40, -58, -62, -62),
    "parted": (46, 32, 2, -30, -46, -56, -58),
    "tied": (46, 40, 20, -14, -10, -32, -40),
    "hood": (34, 30, 6, -36, -56, -66, -70),
    "cap": (26, 27, 26, 22, 18, 12, 8),
    "knit": (24, 24, 18, 6, 2, 0, -2),
    "helm": (22, 18, -14, -42, -50, -54, -56),
    "scarf": (40, 34, 4, -44, -60, -66, -70),
    "ring": (20, 20, 20, 20, 20, 20, 20),
}
"""The lowest elevation that is covered, by how far round from the nose; degrees."""


def cover(pen: Brush, head: Head, line: Sequence[float], colour: Array, *, swell: float = 1.09, tufts: float = 0.0) -> None:
    """Cover the ball above a line, in two tones."""
    rim: list[Point] = []
    for c in np.linspace(-90, 90, 25):
        round_ = abs((c - head.turn + 180) % 360 - 180)
        elevation = float(np.interp(round_, _AZIMUTHS, line))
        if tufts and round_ < 62:
            elevation += tufts * (1 if int((c + 90) / 7.5) % 2 else -1)
        rim.append(head.on(float(c) - head.turn, elevation, 1.035)[0])
    first, last = (_angle(head, rim[i]) for i in (0, -1))
    if first < last:
        first += 360.0
    turns = np.linspace(last, first, 16)[1:-1]
    dome = [head.near(swell * 0.95 * math.cos(math.radians(t)), swell * 1.03 * math.sin(math.radians(t))) for t in turns]
    pen.polygon([*rim, *dome], colour)
    dark = [p for p in dome if (p[0] - head.centre[0]) * pen.light < head.r * 0.25]
    if len(dark) > 2:
        x, y = head.centre
        inner = [(x + (p[0] - x) * 0.70, y + (p[1] - y) * 0.80) for p in reversed(dark)]
        pen.shape([*dark, *inner], shaded(colour))


def _angle(head: Head, p: Point) -> float:
    a = math.degrees(math.atan2(p[1] - head.centre[1], p[0] - head.centre[0])) - head.cock
    return (a + 120) % 360 - 120


def fall(pen: Brush, head: Head, length: float, colour: Array, *, wide: float = 1.0, curl: float = 0.0) -> None:
    """Loose hair down the back; `length` in half-heads below the middle of the head."""
    s = math.sin(math.radians(head.turn))
    c = abs(math.cos(math.radians(head.turn)))
    back, half = -0.52 * s, (0.56 + 0.46 * c) * wide
    left = [
        head.near(back - half * k, y)
        for k, y in ((0.62, 0.85), (1.0, 0.30), (1.06, -0.5), (1.10 + curl, -length * 0.75), (0.92, -length))
    ]
    right = [
        head.near(back + half * k, y)
        for k, y in ((0.62, 0.85), (1.0, 0.30), (1.0, -0.5), (0.98 + curl, -length * 0.75), (0.62, -length * 1.04))
    ]
    if pen.wind:
        sway = (0.0, 0.0, 0.10, 0.55, 1.0)
        left, right = (
            [(x + pen.wind * head.r * length * 0.55 * k, y + abs(pen.wind) * head.r * length * 0.22 * k) for (x, y), k in
             zip(edge, sway, strict=True)]
            for edge in (left, right)
        )  # fmt: skip
    pen.panel(left, right, colour)


def tail(pen: Brush, head: Head, azimuth: float, elevation: float, length: float, colour: Array, tie: Array) -> None:
    """A bound tail or plait that hangs from the place."""
    root, _ = head.on(azimuth, elevation, 1.10)
    x, y, r = root[0] - head.centre[0], root[1], head.r
    out = (0.35 if x > 0 else -0.35) if abs(x) > r * 0.3 else 0.0
    mid, end = (root[0] + out * r * 1.1, y - length * r * 0.5), (root[0] + out * r * 0.9, y - length * r)
    if pen.wind:
        gust = pen.wind * length * r
        mid, end = (mid[0] + gust * 0.30, mid[1] + abs(gust) * 0.14), (end[0] + gust * 0.80, end[1] + abs(gust) * 0.45)
    pen.tube((root, mid, end), (r * 0.22, r * 0.30, r * 0.08), colour)
    pen.disc(root, r * 0.17, tie)


def bun(pen: Brush, head: Head, azimuth: float, elevation: float, size: float, colour: Array) -> None:
    at, _ = head.on(azimuth, elevation, 1.12)
    pen.disc(at, head.r * size, colour)
    pen.disc((at[0] - pen.light * head.r * size * 0.28, at[1] - head.r * size * 0.2), head.r * size * 0.70, shaded(colour))


def beard(pen: Brush, head: Head, length: float, colour: Array) -> None:
    """A full beard with moustache; `length` below the chin in half-heads."""
    top, low = [], []
    for a in np.linspace(-84, 84, 15):
        upper = float(np.interp(abs(a), (0, 14, 40, 84), (-47, -44, -32, 2)))
        p, depth = head.on(float(a), upper, 1.02)
        if depth < -0.05:
            continue
        top.append(p)
        drop = length * math.cos(math.radians(a)) ** 2
        q, _ = head.on(float(a) * 0.96, float(np.interp(abs(a), (0, 40, 84), (-72, -50, -8))), 1.10)
        low.append((q[0], q[1] - drop * head.r))
    if len(top) < 3:
        return
    pen.shape([*top, *reversed(low)], colour)
    for side in (-1, 1):
        run = [head.on(side * a, e, 1.03) for a, e in ((1.0, -33.0), (10.0, -34.0), (20.0, -42.0))]
        if run[1][1] > 0.1:
            pen.stroke([p for p, _ in run], head.r * 0.19, mix(colour, shaded(colour), 0.35))


def brim(pen: Brush, head: Head, elevation: float, reach: float, colour: Array, *, tilt: float = 0.15, front: bool = True) -> None:
    """A hat's brim around the ball; its front half, or the half behind the head."""
    s = math.sin(math.radians(head.turn))
    edge = []
    for c in np.linspace(-90, 90, 19) if front else np.linspace(90, 270, 19):
        a = math.radians(float(c))
        x, z = reach * math.sin(a), reach * math.cos(a)
        edge.append(head.tipped(x + 0.04 * s, math.sin(math.radians(elevation)) - tilt * z - 0.03))
    inner = [
        head.tipped(0.95 * math.cos(math.radians(elevation)) * k, math.sin(math.radians(elevation)) + 0.06)
        for k in (1.0, 0.4, -0.4, -1.0)
    ]
    pen.polygon([*edge, *inner] if front else edge, colour if front else shaded(colour))
    if front:
        pen.polygon([*edge, *[head.tipped(_back(head, p, 0.93), _up(head, p) + 0.035) for p in reversed(edge)]], shaded(colour))


def _back(head: Head, p: Point, k: float) -> float:
    return (p[0] - head.centre[0]) / head.r * k


def _up(head: Head, p: Point) -> float:
    return (p[1] - head.centre[1]) / head.r


def crown(pen: Brush, head: Head, colour: Array, jewel: Array, *, points: int = 5, rise: float = 0.42) -> None:
    """A band with points; the far side shows behind it."""
    low, high = 0.60, 0.60 + rise
    half = 0.80
    for front, tone in ((False, shaded(colour)), (True, colour)):
        sag = -0.10 if front else 0.06
        base = [(-half + 2 * half * k / 8, low + sag * math.sin(math.pi * k / 8)) for k in range(9)]
        teeth = []
        for k in range(2 * points + 1):
            x = -half * 1.10 + 2.2 * half * k / (2 * points)
            teeth.append((x, (high if k % 2 == 0 else low + rise * 0.42) + sag * 0.8 * math.sin(math.pi * k / (2 * points))))
        pen.polygon([head.tipped(x, y) for x, y in [*base, *reversed(teeth)]], tone)
    for share in (-0.5, 0.0, 0.5):
        pen.disc(head.tipped(half * share, low + 0.04), head.r * 0.075, jewel)


Hat = Callable[[Brush, Head, Array, Array], None]


def cone_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """A wizard's hat: wide brim, bent tip."""
    brim(pen, head, 34, 1.75, colour, front=False)
    pen.panel(
        [head.tipped(*p) for p in ((-0.95, 2.25), (-0.62, 1.75), (-0.66, 1.1), (-0.84, 0.50))],
        [head.tipped(*p) for p in ((-0.85, 2.30), (-0.12, 1.85), (0.50, 1.2), (0.84, 0.50))],
        colour,
    )
    pen.ribbon([head.tipped(*p) for p in ((-0.84, 0.66), (0.0, 0.54), (0.84, 0.66))], head.r * 0.20, band)
    brim(pen, head, 30, 1.75, colour)


def felt_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    brim(pen, head, 34, 1.50, colour, front=False)
    pen.panel(
        [head.tipped(*p) for p in ((-0.42, 1.34), (-0.72, 1.12), (-0.88, 0.48))],
        [head.tipped(*p) for p in ((0.36, 1.30), (0.74, 1.16), (0.88, 0.48))],
        colour,
    )
    pen.ribbon([head.tipped(*p) for p in ((-0.86, 0.68), (0.0, 0.54), (0.86, 0.68))], head.r * 0.20, band)
    brim(pen, head, 30, 1.50, colour)


def straw_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """A low round crown on a very wide brim."""
    brim(pen, head, 36, 1.95, colour, front=False)
    pen.panel(
        [head.tipped(*p) for p in ((-0.30, 1.26), (-0.70, 1.02), (-0.90, 0.50))],
        [head.tipped(*p) for p in ((0.30, 1.26), (0.70, 1.02), (0.90, 0.50))],
        colour,
    )
    pen.ribbon([head.tipped(*p) for p in ((-0.88, 0.66), (0.0, 0.54), (0.88, 0.66))], head.r * 0.14, band)
    brim(pen, head, 32, 1.95, colour)


def bamboo_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """The conical hat of a swordsman or a fisherman (斗笠)."""
    del band
    left = [head.tipped(*p) for p in ((-0.06, 1.52), (-0.9, 0.92), (-1.75, 0.36))]
    right = [head.tipped(*p) for p in ((0.06, 1.52), (0.9, 0.92), (1.75, 0.36))]
    pen.polygon([*left, head.tipped(-0.9, 0.24), head.tipped(0, 0.18), head.tipped(0.9, 0.24), *reversed(right)], colour)
    dark = left if pen.light > 0 else right
    pen.polygon([*dark, head.tipped(-0.4 * pen.light, 0.2)], shaded(colour))
    for k in (-0.5, 0.0, 0.5):
        pen.line([head.tipped(0, 1.5), head.tipped(1.6 * k, 0.34)], head.r * 0.03, shaded(colour))


def cook_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    del band
    for x, y, r in ((-0.55, 1.45, 0.46), (0.52, 1.48, 0.46), (0.0, 1.66, 0.52)):
        pen.disc(head.tipped(x, y), head.r * r, colour if x * pen.light >= 0 else shaded(colour))
    pen.panel([head.tipped(-0.74, 1.45), head.tipped(-0.82, 0.52)], [head.tipped(0.74, 1.45), head.tipped(0.82, 0.52)], colour)


def peaked_cap(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """The cap of police, captains and soldiers."""
    s = math.sin(math.radians(head.turn))
    cover(pen, head, HAIRLINES["cap"], band, swell=1.10)
    pen.shape(
        [head.tipped(*p) for p in ((-1.02, 0.74), (-1.20, 1.10), (-0.5, 1.36), (0.5, 1.36), (1.20, 1.12), (1.02, 0.76), (0, 0.62))],
        colour,
    )
    if math.cos(math.radians(head.turn)) > -0.2:
        x = 0.62 * s
        wide = 0.86 - 0.26 * abs(s)
        pen.shape(
            [
                head.tipped(x + wide * k, y)
                for k, y in ((-1.0, 0.52), (-0.5, 0.42), (0.5, 0.42), (1.0, 0.50), (0.7, 0.26), (0.0, 0.18), (-0.7, 0.28))
            ],
            shaded(band),
        )
        pen.disc(head.tipped(0.75 * s, 0.84), head.r * 0.13, mix(colour, np.ones(3, np.float32), 0.75))


def tricorn(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    pen.shape(
        [
            head.tipped(*p)
            for p in ((-1.55, 0.78), (-0.7, 1.30), (0.0, 1.62), (0.7, 1.30), (1.55, 0.78), (0.8, 0.46), (0.0, 0.36), (-0.8, 0.46))
        ],
        colour,
    )
    pen.ribbon([head.tipped(*p) for p in ((-1.5, 0.76), (-0.8, 0.50), (0.0, 0.40), (0.8, 0.50), (1.5, 0.76))], head.r * 0.09, band)


def knit_cap(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    cover(pen, head, HAIRLINES["knit"], colour, swell=1.16)
    line = HAIRLINES["knit"]
    rim = []
    for c in np.linspace(-90, 90, 13):
        round_ = abs((c - head.turn + 180) % 360 - 180)
        rim.append(head.on(float(c) - head.turn, float(np.interp(round_, _AZIMUTHS, line)) + 5, 1.10)[0])
    pen.ribbon(rim, head.r * 0.30, band)
    pen.disc(head.near(-0.05, 1.30), head.r * 0.25, band)


def flat_cap(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    del band
    s = math.sin(math.radians(head.turn))
    cover(pen, head, HAIRLINES["cap"], colour, swell=1.17)
    if math.cos(math.radians(head.turn)) > -0.2:
        x = 0.55 * s
        pen.shape(
            [
                head.tipped(x + k, y)
                for k, y in ((-0.72, 0.50), (0.0, 0.56), (0.72, 0.50), (0.52, 0.26), (0.0, 0.18), (-0.52, 0.26))
            ],
            shaded(colour),
        )


def beret(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """A soft cap that leans to one side."""
    del band
    s = math.sin(math.radians(head.turn))
    lean = -0.20 * s if abs(s) > 0.3 else 0.14
    outline = ((-0.86, 0.56), (-1.02, 0.80), (-0.62, 1.18), (0.05, 1.30), (0.66, 1.14), (1.02, 0.78), (0.84, 0.54), (0.0, 0.64))
    pen.shape([head.tipped(x + lean * y, y) for x, y in outline], colour)
    dark = ((-0.86, 0.56), (-1.02, 0.80), (-0.62, 1.18), (-0.40, 0.92), (-0.30, 0.62))
    pen.shape([head.tipped(-x * pen.light + lean * y if pen.light < 0 else x + lean * y, y) for x, y in dark], shaded(colour))
    pen.disc(head.tipped(lean * 1.3, 1.30), head.r * 0.10, shaded(colour))


def hard_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    cover(pen, head, (30,) * 7, colour, swell=1.22)
    brim(pen, head, 28, 1.28, colour)
    del band


def official_hat(pen: Brush, head: Head, colour: Array, band: Array) -> None:
    """An emperor's flat crown with strings of beads (冕)."""
    pen.panel([head.tipped(-0.55, 1.30), head.tipped(-0.66, 0.66)], [head.tipped(0.55, 1.30), head.tipped(0.66, 0.66)], colour)
    pen.polygon([head.tipped(*p) for p in ((-1.25, 1.34), (1.25, 1.34), (1.15, 1.50), (-1.15, 1.50))], colour)
    for k in range(5):
        x = -1.05 + 0.525 * k
        if abs(x) > 0.6:
            for y in (1.20, 1.02, 0.84, 0.66):
                pen.disc(head.tipped(x, y), head.r * 0.06, band)
    pen.disc(head.tipped(0.0, 0.98), head.r * 0.14, band)


HATS: Mapping[str, Hat] = {
    "cone": cone_hat,
    "felt": felt_hat,
    "straw": straw_hat,
    "bamboo": bamboo_hat,
    "cook": cook_hat,
    "peaked": peaked_cap,
    "tricorn": tricorn,
    "knit": knit_cap,
    "flat": flat_cap,
    "beret": beret,
    "hard": hard_hat,
    "beads": official_hat,
}
