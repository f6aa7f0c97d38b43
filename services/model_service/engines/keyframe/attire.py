"""Clothes on a skeleton: trousers and shoes, skirts and coat-tails, trunks of every cut, sleeves and hands."""

import math

from services.model_service.engines.keyframe.canvas import Array, Point, mix
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.figure_brush import Brush, along, offset, shaded
from services.model_service.engines.keyframe.skeleton import Limb, Skeleton

_PLATED = frozenset({"armour", "plate"})
_OPEN = frozenset({"coat", "jacket", "labcoat", "suit", "trench", "cardigan", "uniform"})
_CROSSED = frozenset({"hanfu", "robe", "wrap"})


class Form:
    """The trunk as a stack of ovals, to find places on: `t` is 0 at the hips and 1 at the neck, `a` the azimuth from the front."""

    def __init__(self, sk: Skeleton, *, bulk: float = 1.0) -> None:
        self.sk = sk
        body = sk.body
        h, g = body.height, body.girth * bulk
        ux, uy = sk.neck.x - sk.pelvis.x, sk.neck.y - sk.pelvis.y
        self.length = max(math.hypot(ux, uy), 1e-4)
        self.up = (ux / self.length, uy / self.length)
        deep = (0.35 + 0.65 * h) * g
        self._ts = (-0.14, 0.0, 0.30, 0.62, 0.87, 0.965, 1.03)
        wide = body.shoulders * (0.9 + 0.1 * g)
        hips = body.hips * (0.85 + 0.15 * g)
        self._wide = (
            hips * 0.98,
            hips,
            (hips * 0.5 + wide * 0.5) * 0.86 * g**0.5,
            wide * 0.92,
            wide * 1.02,
            wide * 0.76,
            0.036 * h,
        )
        self._deep = (0.064 * deep, 0.068 * deep, 0.062 * deep, 0.074 * deep, 0.066 * deep, 0.052 * deep, 0.034 * h)

    def at(self, t: float, a: float, k: float = 1.0) -> Point:
        wide, deep = (self._level(row, t) * k for row in (self._wide, self._deep))
        turn, azimuth = math.radians(self.sk.yaw), math.radians(a)
        across = wide * math.sin(azimuth) * math.cos(turn) + deep * math.cos(azimuth) * math.sin(turn)
        rise = -0.10 * (deep * math.cos(azimuth) * math.cos(turn) - wide * math.sin(azimuth) * math.sin(turn))
        return self._place(t, across, rise)

    def seen(self, a: float) -> bool:
        """Whether the viewer sees the trunk at the azimuth."""
        return math.cos(math.radians(a) + math.radians(self.sk.yaw)) > 0.0

    def edge(self, t: float, side: float, k: float = 1.0) -> Point:
        """The outline at the height, on the left (-1) or right (1)."""
        return self._place(t, side * k * self.sk.breadth(self._level(self._wide, t), self._level(self._deep, t)), 0.0)

    def _place(self, t: float, across: float, rise: float) -> Point:
        (ux, uy), (x, y, _) = self.up, self.sk.pelvis
        return x + ux * t * self.length + uy * across + ux * rise, y + uy * t * self.length - ux * across + uy * rise

    def _level(self, row: tuple[float, ...], t: float) -> float:
        ts = self._ts
        if t <= ts[0]:
            return row[0]
        for low, high, a, b in zip(ts, ts[1:], row, row[1:], strict=False):
            if t <= high:
                return a + (b - a) * (t - low) / (high - low)
        return row[-1]

    def ring(self, t: float, k: float = 1.0) -> list[Point]:
        """The visible half of the oval at the height, from left to right."""
        return [self.at(t, c - self.sk.yaw, k) for c in range(-90, 91, 15)]


def thickness(sk: Skeleton) -> float:
    """How thick limbs are against a grown man's."""
    return (0.42 + 0.58 * sk.body.height) * sk.body.girth


def draw_leg(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe) -> None:
    leg, toe, k = sk.legs[index], sk.toes[index], thickness(sk)
    tone = 1.0 if index == 0 or sk.across > 0.8 else 0.86
    cloth, boot = wear.legs * tone, wear.boots * tone
    top = wear.costume.top
    if top in {"overalls", "space", "wetsuit", "scrubs"}:
        cloth = wear.outer * tone
    wide = 1.25 if top == "space" else 1.12 if top in {"hoodie", "overalls", "suit"} else 1.0
    path = (leg.root.point, leg.bend.point, leg.end.point)
    shown = along(leg.bend.point, leg.end.point, 0.9)
    pen.tube((path[0], path[1], shown), (0.056 * k, 0.043 * k * wide, 0.034 * k * wide), cloth)
    if "fins" in wear.costume.gear:
        _shoe(pen, sk, leg, toe, boot, k * 1.1, long=2.4)
        return
    if "tall boots" in wear.costume.gear or top in _PLATED or top in {"tunic", "space", "coat"} or "fins" in wear.costume.gear:
        shaft = along(leg.bend.point, leg.end.point, 0.42)
        pen.tube((shaft, leg.end.point), (0.043 * k * wide, 0.037 * k * wide), boot)
    if top == "plate":
        steel = wear.metal * tone
        pen.tube((leg.bend.point, leg.end.point), (0.042 * k, 0.032 * k), steel)
        pen.disc(leg.bend.point, 0.044 * k, mix(steel, wear.white, 0.25))
        boot = steel
    _shoe(pen, sk, leg, toe, boot, k)


def _shoe(
    pen: Brush, sk: Skeleton, leg: Limb, toe: Point | tuple[float, float, float], colour: Array, k: float, *, long: float = 1.0
) -> None:
    ax, ay = leg.end.point
    tx, ty = ax + (toe[0] - ax) * long, ay + (toe[1] - ay) * long
    del sk
    heel = (ax - (tx - ax) * 0.24 / long, ay - 0.012 * k)
    pen.drape([((ax, ay + 0.004), 0.033 * k), (heel, 0.026 * k), ((tx, ty), 0.023 * k)], colour, fall=0.02)


def draw_skirt(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    """Everything that hangs from the waist: tails of coats, skirts, gowns; as far down the legs as the cut says."""
    costume, k = wear.costume, thickness(sk)
    if costume.cover <= 0.0:
        return
    form = Form(sk)
    loose = 1.0 + 0.06 * (costume.top in {"robe", "hanfu", "gown"})
    discs: list[tuple[Point, float]] = [
        (along(form.edge(0.32, -1), form.edge(0.32, 1), 0.5), sk.breadth(0.058, 0.054) * k),
        (along(form.edge(0.0, -1), form.edge(0.0, 1), 0.5), sk.breadth(sk.body.hips, 0.062 * k) * loose),
    ]
    hems: list[tuple[Point, float]] = []
    flare = costume.flare * (0.3 + 0.7 * sk.body.height)
    for leg in sk.legs:
        radius = 0.052 * k + flare * min(costume.cover, 0.5)
        discs.append((leg.root.point, 0.056 * k))
        if costume.cover > 0.5:
            low = along(leg.bend.point, leg.end.point, min((costume.cover - 0.5) * 2, 0.98))
            discs.append((leg.bend.point, radius * 0.80))
            radius = 0.046 * k + flare * costume.cover
        else:
            low = along(leg.root.point, leg.bend.point, costume.cover * 2)
        hems.append(((low[0] + pen.wind * 0.055 * k, low[1] + abs(pen.wind) * 0.010 * k), radius))
    cloth = wear.metal * 0.9 if costume.top == "plate" else wear.outer
    if costume.cover > 0.4:  # a straight hem that is the widest of the skirt
        discs += [((p[0], p[1] + r * 1.3), r * 0.62) for p, r in hems]
        discs += [((p[0] + way * r * 0.98, p[1] + r * 0.10), r * 0.13) for p, r in hems for way in (-1, 1)]
    else:
        discs += hems
    pen.drape(discs, cloth, fall=0.045 * k)
    if costume.cover > 0.4 and not sk.pose.roll:
        (a, ra), (b, rb) = sorted(hems, key=lambda hem: hem[0][0])
        left, right = (a[0] - ra * 1.02, a[1]), (b[0] + rb * 1.02, b[1])
        middle = ((left[0] + right[0]) / 2, min(a[1], b[1]) - 0.012 * k)
        waist = along(form.edge(0.12, -1), form.edge(0.12, 1), 0.5)
        for share in (0.30, 0.62) if costume.flare > 0.03 else ():
            foot = along(left, right, share)
            pen.stroke([along(waist, foot, 0.30), along(waist, foot, 0.65), along(foot, waist, 0.03)], 0.013 * k, shaded(cloth))
        if costume.top in {"gown", "hanfu", "robe"} and "monk" not in costume.gear:
            pen.ribbon(
                [(left[0], left[1] + 0.016), (middle[0], middle[1] + 0.014), (right[0], right[1] + 0.016)], 0.018 * k, wear.accent
            )
        if costume.top in _OPEN | {"labcoat"} and sk.across > 0.2 and math.cos(math.radians(sk.yaw)) > 0:
            front = form.at(0.3, 0)
            pen.stroke(
                [front, form.at(-0.1, 0), (along(left, right, 0.5 + 0.25 * math.sin(math.radians(sk.yaw)))[0], middle[1])],
                0.012 * k,
                shaded(shaded(cloth)),
            )


def draw_trunk(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    top, k = wear.costume.top, thickness(sk)
    form = Form(sk, bulk=1.22 if top == "space" else 1.04)
    cloth = {"plate": wear.metal, "armour": mix(wear.outer, wear.ink, 0.12), "overalls": wear.inner, "vest": wear.inner}.get(
        top, wear.outer
    )
    levels = (1.03, 0.965, 0.87, 0.62, 0.30, 0.0, -0.14)
    pinch = 0.90 if wear.costume.female else 1.0
    if top in {"robe", "hanfu", "labcoat", "space"}:
        pinch = 1.04
    ks = {0.30: pinch}
    left = [form.edge(t, -1, ks.get(t, 1.0)) for t in levels]
    right = [form.edge(t, 1, ks.get(t, 1.0)) for t in levels]
    pen.panel(left, right, cloth, share=0.34)
    front = math.cos(math.radians(sk.yaw)) > -0.12
    if top in _OPEN and front:
        _opening(pen, form, wear, k, cloth)
    if top in _CROSSED:
        _crossing(pen, form, wear, k, front=front)
    if top in _PLATED:
        _plates(pen, form, wear, k, front=front)
    if top == "overalls":
        _bib(pen, form, wear, k, front=front)
    if top == "vest":
        _vest(pen, form, wear, k)
    if top == "hoodie" and front:
        pen.shape([form.at(0.16, -34), form.at(0.30, -22), form.at(0.30, 22), form.at(0.16, 34)], shaded(cloth))
        for a in (-10, 10):
            pen.line([form.at(0.93, a), form.at(0.70, a)], 0.007 * k, wear.inner)
    if top in {"dress", "gown", "tunic", "sweater"} and front:
        pen.shape(
            [form.at(1.04, -46), form.at(0.93, 0), form.at(1.04, 46), form.at(1.06, 0)], wear.inner if top != "gown" else wear.skin
        )
    if top == "gown" and front:
        pen.stroke([form.at(0.80, -60), form.at(0.74, 0), form.at(0.80, 60)], 0.012 * k, wear.accent)
    if top == "space":
        _space_front(pen, form, wear, k, front=front)
    if top == "wetsuit":
        pen.ribbon(form.ring(0.62), 0.016 * k, wear.accent)
    if top in {"coat", "dress", "trench", "tunic", "robe", "gown", "uniform"} and "sash" not in wear.costume.gear:
        belt = wear.boots if top in {"coat", "trench", "uniform", "tunic"} else wear.accent
        pen.ribbon(form.ring(0.30, ks[0.30] * 1.03), 0.024 * k, belt)
        if front and top != "gown":
            pen.disc(form.at(0.29, 0, 1.04), 0.015 * k, wear.gold)


def _opening(pen: Brush, form: Form, wear: Wardrobe, k: float, cloth: Array) -> None:
    deep = {"cardigan": 0.35, "labcoat": 0.34, "uniform": 0.80, "trench": 0.62, "coat": 0.70}.get(wear.costume.top, 0.52)
    pen.polygon([form.at(1.03, -34), form.at(1.03, 34), form.at(deep, 2)], wear.inner)
    if "tie" in wear.costume.gear:
        pen.polygon([form.at(0.98, -5), form.at(0.98, 5), form.at(0.62, 6), form.at(0.52, 0), form.at(0.62, -6)], wear.accent)
    lapel = mix(cloth, wear.white, 0.14)
    for way in (-1, 1):
        if form.seen(way * 30):
            pen.polygon(
                [
                    form.at(1.02, way * 28),
                    form.at(0.93, way * 48),
                    form.at(0.84, way * 36),
                    form.at(deep, way * 3),
                    form.at(0.86, way * 14),
                ],
                lapel,
            )
    pen.line([form.at(deep, 2), form.at(0.0, 2), form.at(-0.13, 2)], 0.007 * k, shaded(shaded(cloth)))
    columns = (10,) if wear.costume.top != "trench" else (-14, 14)
    knob = wear.gold if wear.costume.top in {"uniform", "trench"} else shaded(wear.boots)
    for t in (0.50, 0.30, 0.10):
        for a in columns:
            if t < deep and form.seen(a):
                pen.disc(form.at(t, a), 0.0075 * k, knob)
    if wear.costume.top in {"labcoat", "uniform"}:
        for a in (-42, 42) if wear.costume.top == "uniform" else (42,):
            if form.seen(a):
                pen.polygon(
                    [form.at(0.72, a - 12), form.at(0.72, a + 12), form.at(0.58, a + 12), form.at(0.58, a - 12)], shaded(cloth)
                )


def _crossing(pen: Brush, form: Form, wear: Wardrobe, k: float, *, front: bool) -> None:
    """The crossed collar of a robe, and its sash."""
    if front:
        pen.polygon([form.at(1.04, -36), form.at(1.04, 36), form.at(0.70, 4)], wear.inner)
        collar = wear.accent if wear.costume.top != "robe" else shaded(wear.outer)
        for a, b in (((1.04, 34), (0.36, -34)), ((1.04, -34), (0.62, 8))):
            pen.tube([form.at(*a), form.at((a[0] + b[0]) / 2, (a[1] + b[1]) / 2, 1.02), form.at(*b)], (0.014 * k,) * 3, collar)
    if wear.costume.top == "hanfu" or "sash" in wear.costume.gear:
        ring = form.ring(0.26, 1.05)
        pen.ribbon(ring, 0.050 * k, wear.accent)
        pen.ribbon(form.ring(0.26, 1.06), 0.008 * k, wear.gold)
        if front:
            knot = form.at(0.24, -16, 1.06)
            for dx, drop in ((-0.012, 0.20), (0.014, 0.16)):
                pen.tube([knot, (knot[0] + dx, knot[1] - drop * k)], (0.008 * k, 0.013 * k), wear.accent)


def _plates(pen: Brush, form: Form, wear: Wardrobe, k: float, *, front: bool) -> None:
    steel = wear.metal if wear.costume.top == "plate" else mix(wear.metal, wear.boots, 0.45)
    levels = (0.96, 0.84, 0.62, 0.36)
    pen.panel([form.edge(t, -1, 1.0) for t in levels], [form.edge(t, 1, 1.0) for t in levels], steel, share=0.40)
    if front:
        pen.stroke([form.at(0.90, 0), form.at(0.62, 0, 1.04), form.at(0.38, 0)], 0.010 * k, mix(steel, wear.white, 0.6))
        pen.ribbon(form.ring(0.84), 0.010 * k, shaded(steel))
    if wear.costume.top == "armour":
        for t in (0.74, 0.60, 0.46):
            pen.ribbon(form.ring(t), 0.008 * k, shaded(steel))
    pen.ribbon(form.ring(0.32, 1.04), 0.034 * k, wear.boots)
    pen.disc(form.at(0.31, 0, 1.06), 0.020 * k, wear.gold)


def _bib(pen: Brush, form: Form, wear: Wardrobe, k: float, *, front: bool) -> None:
    levels = (0.34, 0.0, -0.14)
    pen.panel([form.edge(t, -1, 1.02) for t in levels], [form.edge(t, 1, 1.02) for t in levels], wear.outer)
    for a in (-26, 26) if front else (154, 206):
        if form.seen(a):
            pen.tube([form.at(0.97, a), form.at(0.5, a)], (0.013 * k, 0.014 * k), wear.outer)
    if front:
        pen.polygon([form.at(0.66, -34), form.at(0.66, 34), form.at(0.30, 44), form.at(0.30, -44)], wear.outer)
        pen.polygon([form.at(0.52, -14), form.at(0.52, 14), form.at(0.36, 14), form.at(0.36, -14)], shaded(wear.outer))
        for a in (-26, 26):
            pen.disc(form.at(0.63, a), 0.010 * k, wear.gold)


def _vest(pen: Brush, form: Form, wear: Wardrobe, k: float) -> None:
    levels = (0.97, 0.86, 0.62, 0.30, 0.06)
    for way in (-1, 1):
        inner = 10 if form.sk.across > 0.3 else 0
        pen.panel([form.at(t, way * 82) for t in levels], [form.at(t, way * inner) for t in levels], wear.outer, share=0.25)
    for t in (0.55, 0.22):
        pen.ribbon(form.ring(t, 1.02), 0.018 * k, mix(wear.white, wear.gold, 0.25))


def _space_front(pen: Brush, form: Form, wear: Wardrobe, k: float, *, front: bool) -> None:
    pen.ribbon(form.ring(0.22, 1.02), 0.022 * k, wear.boots)
    pen.ribbon(form.ring(1.0, 1.8), 0.030 * k, wear.boots)
    if not front:
        return
    pen.polygon([form.at(0.74, -30), form.at(0.74, 30), form.at(0.46, 26), form.at(0.46, -26)], shaded(wear.outer))
    for a, colour in ((-18, wear.accent), (0, wear.gold), (18, wear.iris)):
        pen.disc(form.at(0.64, a), 0.010 * k, colour)
    pen.line([form.at(0.54, -18), form.at(0.54, 18)], 0.010 * k, wear.boots)


def draw_arm(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe) -> None:
    """Sleeve and hand."""
    arm, k, costume = sk.arms[index], thickness(sk), wear.costume
    tone = 1.0 if index == 0 or sk.across > 0.8 else 0.88
    sleeve = {"plate": wear.metal, "overalls": wear.inner, "vest": wear.inner, "armour": wear.outer}.get(
        costume.top, wear.outer
    ) * tone
    skin = wear.skin * tone
    palm = wear.boots * tone if costume.top in {"plate", "space"} else wear.accent * tone if costume.top == "wetsuit" else skin
    shoulder, elbow, wrist = arm.root.point, arm.bend.point, arm.end.point
    bulk = 1.35 if costume.top == "space" else 1.16 if costume.top in {"coat", "hoodie", "trench"} else 1.0
    draw_hand(pen, elbow, wrist, palm, k)
    if costume.sleeve == "wide":
        drop = 0.085 * sk.body.height
        low = (wrist[0] - (wrist[0] - elbow[0]) * 0.25, wrist[1] - drop - 0.02)
        pen.drape(
            [
                (along(shoulder, elbow, 0.7), 0.038 * k),
                (elbow, 0.042 * k),
                (along(elbow, wrist, 0.92), 0.030 * k),
                (low, 0.026 * k),
            ],
            sleeve,
            fall=0.03,
        )
        pen.tube((shoulder, elbow), (0.042 * k, 0.040 * k), sleeve)
        return
    if costume.top == "gown" or (costume.top == "dress" and not costume.grey) or costume.top in {"scrubs", "vest"}:
        pen.tube((shoulder, elbow, wrist), (0.034 * k, 0.029 * k, 0.022 * k), skin)
        pen.tube((shoulder, along(shoulder, elbow, 0.55)), (0.043 * k, 0.043 * k), sleeve)
        return
    cuff = along(elbow, wrist, 0.93)
    pen.tube((shoulder, elbow, cuff), (0.040 * k * bulk, 0.035 * k * bulk, 0.030 * k * bulk), sleeve)
    if costume.top in _PLATED:
        steel = (wear.metal if costume.top == "plate" else mix(wear.metal, wear.boots, 0.45)) * tone
        pen.drape([(shoulder, 0.052 * k), (along(shoulder, elbow, 0.32), 0.044 * k)], steel, fall=0.022)
        pen.tube((along(elbow, wrist, 0.2), cuff), (0.037 * k, 0.031 * k), steel)
    elif costume.top in {"uniform", "jacket", "hoodie", "sweater", "coat", "space"}:
        band = wear.gold if costume.top == "uniform" and costume.hat == "peaked" else shaded(sleeve)
        pen.tube((along(elbow, wrist, 0.84), cuff), (0.032 * k * bulk, 0.031 * k * bulk), band)


def draw_hand(pen: Brush, elbow: Point, wrist: Point, skin: Array, k: float) -> None:
    """A mitten of palm and fingers with a thumb, along the forearm."""
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    length = max(math.hypot(dx, dy), 1e-4)
    ux, uy = dx / length, dy / length
    palm, tip = offset(wrist, ux * 0.016 * k, uy * 0.016 * k), offset(wrist, ux * 0.046 * k, uy * 0.046 * k)
    thumb = (wrist[0] + ux * 0.026 * k - uy * 0.022 * k, wrist[1] + uy * 0.026 * k + ux * 0.022 * k)
    pen.limb((palm, thumb), (0.014 * k, 0.009 * k), skin)
    pen.tube((wrist, palm, tip), (0.020 * k, 0.025 * k, 0.017 * k), skin, tone=0.7)
