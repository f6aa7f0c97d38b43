"""Faces: the head's outline at any turn, and what it says by eyes, brows and mouth.

Features lie on a ball and are turned with it, so that a face is right from the front, in three-quarter view and in profile.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.figure_brush import Brush, shaded

_FRONT: tuple[Point, ...] = (
    (0.0, 1.0), (0.44, 0.92), (0.76, 0.66), (0.90, 0.28), (0.93, -0.04), (0.89, -0.30), (0.79, -0.54), (0.60, -0.79),
    (0.31, -0.97), (0.0, -1.02), (-0.31, -0.97), (-0.60, -0.79), (-0.79, -0.54), (-0.89, -0.30), (-0.93, -0.04), (-0.90, 0.28),
    (-0.76, 0.66), (-0.44, 0.92),
)  # fmt: skip
_PROFILE: tuple[Point, ...] = (
    (-0.04, 1.0), (0.42, 0.92), (0.74, 0.66), (0.86, 0.30), (0.82, 0.05), (1.04, -0.21), (0.86, -0.34), (0.87, -0.56),
    (0.72, -0.88), (0.46, -0.98), (0.12, -0.82), (-0.22, -0.66), (-0.50, -0.62), (-0.78, -0.40), (-0.95, -0.05), (-0.98, 0.36),
    (-0.80, 0.72), (-0.44, 0.93),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expression:
    """`lids`: how far the eyes are open (0 shut, 1 rest); `brow`: rise of the inner and the outer end, degrees on the ball;
    `smile`: rise of the mouth's corners; `gape`: how far it is open; `gaze`: where the eyes look, right and up, -1 to 1.
    """

    lids: float = 1.0
    brow: tuple[float, float] = (0.0, 0.0)
    smile: float = 2.0
    gape: float = 0.0
    gaze: Point = (0.0, 0.0)
    tears: bool = False
    blush: float = 0.22


EXPRESSIONS: Mapping[str, Expression] = {
    "calm": Expression(smile=2.5),
    "happy": Expression(lids=0.86, brow=(2, 2), smile=7, gape=0.0, blush=0.36),
    "laughing": Expression(lids=0.34, brow=(4, 3), smile=8, gape=9, blush=0.42),
    "tender": Expression(lids=0.30, brow=(3, 0), smile=6, blush=0.40),
    "sad": Expression(lids=0.72, brow=(6, -3), smile=-4, gaze=(0, -0.5)),
    "crying": Expression(lids=0.16, brow=(8, -4), smile=-5, gape=3.0, tears=True, blush=0.42),
    "afraid": Expression(lids=1.22, brow=(8, 1), smile=-3, gape=4.5, blush=0.05),
    "angry": Expression(lids=0.74, brow=(-7, 3), smile=-4, gape=0.0),
    "wondering": Expression(lids=1.2, brow=(6, 6), smile=1, gape=4.0, gaze=(0, 0.4)),
    "determined": Expression(lids=0.82, brow=(-4, 2), smile=-1.0),
    "asleep": Expression(lids=0.0, brow=(2, -1), smile=2),
    "reading": Expression(lids=0.62, brow=(1, 1), smile=2.5, gaze=(0.1, -0.8)),
    "talking": Expression(lids=0.95, brow=(3, 3), smile=4, gape=6),
}


@dataclass(frozen=True, slots=True)
class Head:
    """A ball in view: centre, half-height `r`, and how it is turned (degrees)."""

    centre: Point
    r: float
    turn: float
    nod: float
    cock: float

    def on(self, azimuth: float, elevation: float, k: float = 1.0) -> tuple[Point, float]:
        """Where a point of the ball is seen, and its depth (above 0 it is on the viewer's side). Azimuth 0 is the nose."""
        a, e, p, t = (math.radians(v) for v in (azimuth, elevation, self.nod, self.turn))
        x, y, z = math.cos(e) * math.sin(a), math.sin(e), math.cos(e) * math.cos(a)
        y, z = y * math.cos(p) - z * math.sin(p), y * math.sin(p) + z * math.cos(p)
        x, z = x * math.cos(t) + z * math.sin(t), z * math.cos(t) - x * math.sin(t)
        return self.near(0.93 * k * x, 1.02 * k * y), z

    def near(self, dx: float, dy: float) -> Point:
        """A point off the centre by shares of `r`, in the plane of the picture, tipped with the head."""
        c = math.radians(self.cock)
        return (
            self.centre[0] + self.r * (dx * math.cos(c) - dy * math.sin(c)),
            self.centre[1] + self.r * (dx * math.sin(c) + dy * math.cos(c)),
        )

    def tipped(self, dx: float, dy: float) -> Point:
        """Like `near`, for what nods with the head in profile and slides down the ball from the front."""
        s, c = math.sin(math.radians(self.turn)), math.cos(math.radians(self.turn))
        n = -math.radians(self.nod) * s
        return self.near(
            dx * math.cos(n) - dy * math.sin(n), dx * math.sin(n) + dy * math.cos(n) - 0.16 * math.sin(math.radians(self.nod)) * c
        )

    @property
    def faced(self) -> bool:
        """Whether the viewer sees the face at all."""
        return math.cos(math.radians(self.turn)) > -0.34

    def outline(self) -> list[Point]:
        """The head without hair, from the front outline to the profile by its turn."""
        s = math.sin(math.radians(self.turn))
        share = abs(s) ** 2.4 if math.cos(math.radians(self.turn)) > -0.2 else 0.0
        way = 1.0 if s >= 0 else -1.0
        return [
            self.tipped(way * (f[0] + (p[0] - f[0]) * share), f[1] + (p[1] - f[1]) * share)
            for f, p in zip(_FRONT, _PROFILE, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class Complexion:
    """Lit colours of a face."""

    skin: Array
    hair: Array
    iris: Array
    ink: Array
    white: Array
    lips: Array
    old: bool
    lashes: bool
    young: bool


def draw_skull(pen: Brush, head: Head, skin: Array) -> None:
    """Ears and the head's outline in two tones."""
    for side in (-90, 90):
        ear, depth = head.on(side, -8, 1.04)
        if depth < 0.25:
            pen.oval(ear, head.r * 0.17, head.r * 0.24, shaded(skin) if depth < -0.2 else skin)
    edge = head.outline()
    pen.shape(edge, skin)
    x, y = head.centre
    dark = [p for p in edge if (p[0] - x) * pen.light < head.r * 0.05]
    if len(dark) > 3:
        start = next(i for i, p in enumerate(edge) if p in dark and edge[i - 1] not in dark)
        run = [p for p in edge[start:] + edge[:start] if p in dark]
        inner = [(x + (p[0] - x) * 0.76, y + (p[1] - y) * 0.90) for p in reversed(run)]
        pen.shape([*run, *inner], mix(skin, shaded(skin), 0.42))
    for side in (-90, 90):
        ear, depth = head.on(side, -8, 1.0)
        if depth >= 0.25:
            pen.oval(ear, head.r * 0.17, head.r * 0.25, skin)
            pen.oval(ear, head.r * 0.09, head.r * 0.15, shaded(skin))


def draw_face(pen: Brush, head: Head, look: Complexion, mood: Expression) -> None:
    """Eyes, brows, nose and mouth, with as much detail as the head's size carries."""
    pixels = head.r * pen.scale
    if pixels < 5 or not head.faced:
        return
    if pixels < 13:
        _tiny_face(pen, head, look, mood)
        return
    if mood.blush > 0.1:
        for side in (-1, 1):
            _patch(pen, head, side * 43, -27, 12, 8, mix(look.skin, look.lips, mood.blush * 0.8))
    _nose(pen, head, look)
    for side in (-1, 1):
        _eye(pen, head, look, mood, side, pixels)
        _brow(pen, head, look, mood, side)
    _mouth(pen, head, look, mood)
    if look.old and pixels > 20:
        crease = mix(look.skin, look.ink, 0.22)
        for side in (-1, 1):
            _line(pen, head, [(side * 15, -18), (side * 22, -28), (side * 25, -38)], 0.030, crease)
            _line(pen, head, [(side * 39, -1), (side * 46, -5)], 0.022, crease)
        _line(pen, head, [(-14, 33), (0, 35), (14, 33)], 0.024, crease)
    if mood.tears:
        _tears(pen, head, look)


def _tiny_face(pen: Brush, head: Head, look: Complexion, mood: Expression) -> None:
    for side in (-1, 1):
        at, depth = head.on(side * 25, -6)
        if depth > 0.30:
            shut = mood.lids < 0.4
            pen.oval(at, head.r * 0.115, head.r * (0.05 if shut else 0.15), look.ink)
    if head.r * pen.scale > 8:
        _line(
            pen, head, [(-10, -42 + mood.smile * 0.5), (0, -42), (10, -42 + mood.smile * 0.5)], 0.07, mix(look.skin, look.ink, 0.55)
        )


def _line(pen: Brush, head: Head, places: Sequence[Point], width: float, colour: Array) -> None:
    seen = [p for p, depth in (head.on(a, e) for a, e in places) if depth > 0.08]
    if len(seen) > 1:
        pen.stroke(seen, width * head.r, colour)


def _patch(pen: Brush, head: Head, a: float, e: float, wide: float, high: float, colour: Array) -> None:
    """An oval on the ball, foreshortened with it."""
    _, depth = head.on(a, e)
    if depth < 0.12:
        return
    turn = np.linspace(0, 2 * np.pi, 18, endpoint=False)
    stretch = 1 / max(math.cos(math.radians(e)), 0.5)
    pen.polygon([head.on(a + wide * stretch * math.cos(t), e + high * math.sin(t))[0] for t in turn], colour)


def _eye(pen: Brush, head: Head, look: Complexion, mood: Expression, side: int, pixels: float) -> None:
    a, e = side * (25.0 if look.young else 24.0), -5.0 if not look.young else -8.0
    _, depth = head.on(a, e)
    if depth < 0.22:
        return
    size = 1.06 if look.young else 0.72 if look.old else 0.80 if not look.lashes else 0.88
    rest = 1.0 if look.young else 0.80 if look.old else 0.84
    wide, high = 10.5 * size, 10.5 * size * min(mood.lids, 1.25) * rest
    if mood.lids < 0.4:
        curve = -5.0 if mood.lids > 0.2 else 4.0
        _line(pen, head, [(a - wide, e - curve * 0.2), (a, e - 1 + -curve * 0.9), (a + wide, e - curve * 0.2)], 0.085, look.ink)
        return
    if pixels >= 24:
        almond = [
            (a - wide * 1.12, e - 1.0),
            (a - wide * 0.62, e + high * 0.66),
            (a, e + high * 0.95),
            (a + wide * 0.62, e + high * 0.66),
            (a + wide * 1.12, e - 1.0),
            (a + wide * 0.6, e - high * 0.72),
            (a, e - high * 0.92),
            (a - wide * 0.6, e - high * 0.72),
        ]
        pen.shape([head.on(*p)[0] for p in almond], look.white)
    at = (a + mood.gaze[0] * 2.6, e - 0.5 + mood.gaze[1] * 2.6)
    iris = 7.9 * size
    _patch(pen, head, *at, iris * 0.92, min(iris * 1.08, high * 0.98), look.iris if pixels >= 24 else look.ink)
    if pixels >= 24:
        _patch(pen, head, *at, iris * 0.56, min(iris * 0.66, high * 0.8), look.ink)
        _patch(pen, head, at[0] - 0.5, at[1] - iris * 0.55, iris * 0.45, iris * 0.22, mix(look.iris, look.white, 0.35))
    _patch(pen, head, at[0] + pen.light * 2.8, at[1] + min(high * 0.36, 3.6), 2.3 * size, 2.5 * size, look.white)
    lid = [(a - wide * 1.22, e - 1.0), (a - wide * 0.6, e + high * 0.74), (a, e + high * 1.02), (a + wide * 0.6, e + high * 0.74)]
    if pixels >= 18:
        _line(pen, head, [*lid, (a + wide * 1.22, e - 1.0)], 0.075 if look.lashes else 0.060, look.ink)
    if look.lashes and pixels >= 18:
        for k in (1.0, 0.72):
            tip = (a + side * wide * (k + 0.62), e + high * (1.05 - k * 0.7))
            _line(pen, head, [(a + side * wide * k, e + high * (0.85 - k * 0.75)), tip], 0.045, look.ink)


def _brow(pen: Brush, head: Head, look: Complexion, mood: Expression, side: int) -> None:
    inner, outer = mood.brow
    rise = 13.0 if look.young else 10.0
    e = (-8.0 if look.young else -5.0) + rise + (mood.lids - 1) * 3
    ink = mix(look.hair, look.ink, 0.35) if not look.old else mix(look.hair, look.ink, 0.12)
    places = [(side * 13.0, e + inner), (side * 23.0, e + 3.4 + (inner + outer) * 0.5), (side * 38.0, e + outer * 1.1 - 0.5)]
    if head.on(side * 24.0, e)[1] > 0.18:
        _line(pen, head, places, 0.075 if look.lashes else 0.105, ink)


def _nose(pen: Brush, head: Head, look: Complexion) -> None:
    s = math.sin(math.radians(head.turn))
    tone = mix(look.skin, mix(look.lips, look.ink, 0.2), 0.34)
    if abs(s) > 0.86:
        return
    if abs(s) < 0.2:
        tip, _ = head.on(0, -20, 1.06)
        pen.oval((tip[0], tip[1] - head.r * 0.015), head.r * 0.105, head.r * 0.055, tone)
        return
    top, tip, base = (head.on(a, e, k)[0] for a, e, k in ((4, 0, 1.04), (0, -19, 1.16), (-5, -24, 1.02)))
    pen.stroke([top, tip, base], head.r * 0.075, tone)


def _mouth(pen: Brush, head: Head, look: Complexion, mood: Expression) -> None:
    e, wide = -41.0, 15.0 + min(max(mood.smile, 0.0), 8.0) * 0.75
    if abs(math.sin(math.radians(head.turn))) > 0.86:
        wide = 20.0
    corner = e + mood.smile
    line = mix(look.lips, look.ink, 0.45)
    if mood.gape > 2:
        up, low = e + 1.2 + max(mood.smile, 0) * 0.1, e - mood.gape
        ring = [(-wide, corner), (-wide * 0.5, up), (wide * 0.5, up), (wide, corner), (wide * 0.55, low), (-wide * 0.55, low)]
        seen = [p for p, depth in (head.on(*q) for q in ring) if depth > 0.05]
        if len(seen) >= 4:
            pen.shape(seen, mix(look.ink, look.lips, 0.35))
            if mood.smile > 3:
                _patch(pen, head, 0, up - 1.6, wide * 0.52, 1.7, look.white)
            if mood.gape > 4:
                _patch(pen, head, 0, low + 1.5, wide * 0.42, 1.9, mix(look.lips, look.white, 0.15))
            return
    bend = e + mood.smile * 0.22
    _line(pen, head, [(-wide, corner), (-wide * 0.5, bend), (0, e - 0.2), (wide * 0.5, bend), (wide, corner)], 0.080, line)
    if look.lashes and head.r * pen.scale > 24:
        _patch(pen, head, 0, e - 3.2, wide * 0.42, 2.0, mix(look.skin, look.lips, 0.62))


def _tears(pen: Brush, head: Head, look: Complexion) -> None:
    water = mix(rgb("#9fd4ff"), look.white, 0.35)
    for side in (-1, 1):
        a = side * 27.0
        if head.on(a, -25)[1] < 0.2:
            continue
        _line(pen, head, [(a, -12), (a + side * 2, -24), (a + side * 2, -36)], 0.085, mix(look.skin, water, 0.7))
        _patch(pen, head, a + side * 2, -37, 4.6, 5.6, water)
        _patch(pen, head, a + side * 2 + 1.2, -35, 1.4, 1.8, look.white)
