"""A person's head put together: hair behind, skull, face, hair above, beard, hat, and what covers a face."""

import math
from dataclasses import replace

import numpy as np

from services.model_service.engines.keyframe import hair
from services.model_service.engines.keyframe.canvas import Array, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.faces import Complexion, Expression, Head, draw_face, draw_skull
from services.model_service.engines.keyframe.figure_brush import Brush, shaded
from services.model_service.engines.keyframe.hair import HAIRLINES
from services.model_service.engines.keyframe.haircuts import HAIRCUTS, draw_haircut, draw_locks
from services.model_service.engines.keyframe.skeleton import Skeleton

_FALLS = {
    "long": (2.7, 1.0),
    "wavy": (2.3, 1.14),
    "bob": (1.05, 1.06),
    "court": (3.4, 0.9),
    "tied_long": (2.6, 0.62),
    "wavy_short": (1.05, 1.0),
}
_LOCKS = {"long": 2.35, "wavy": 2.05, "court": 2.5, "tied_long": 1.9, "wavy_short": 1.0}
"""How far hair hangs before the shoulders, in half-heads."""
_COMBED = frozenset({"tied", "topknot", "tied_long", "bunned", "ponytail", "court"})


def head_of(sk: Skeleton) -> Head:
    return Head(sk.head.point, sk.body.head, sk.turn, sk.nod, sk.cock)


def draw_hair_behind(pen: Brush, sk: Skeleton, wear: Wardrobe) -> None:
    """What falls down the back; from behind it covers the trunk."""
    head, style = head_of(sk), wear.hair_style
    if style in {"ponytail", "tied"} and not _hooded(wear):
        hair.tail(pen, head, 180, 26, 1.9 if style == "ponytail" else 1.3, wear.hair, wear.accent)
    if style in _FALLS and not _hooded(wear):
        length, wide = _FALLS[style]
        hair.fall(pen, head, length, wear.hair, wide=wide, curl=0.10 if "wavy" in style else 0.0)
    if style in {"bunned", "granny"} and not _hooded(wear):
        hair.bun(pen, head, 180, 34 if style == "granny" else 48, 0.44, wear.hair)
    if "veil" in wear.costume.gear:
        hair.fall(pen, head, 3.6, mix(wear.white, wear.outer, 0.5), wide=1.2, curl=0.14)


def _hooded(wear: Wardrobe) -> bool:
    return wear.costume.hat in {"hood", "hood mask", "visor", "helm"}


def draw_head(pen: Brush, sk: Skeleton, wear: Wardrobe, mood: Expression) -> None:
    head, costume = head_of(sk), wear.costume
    r = head.r
    look = Complexion(
        wear.skin,
        wear.hair,
        wear.iris,
        wear.ink,
        wear.white,
        wear.lips,
        costume.grey,
        costume.female and not costume.grey,
        sk.body.height < 0.9,
    )
    if costume.hat == "visor":
        pen.disc(head.near(0, 0.05), r * 1.52, wear.outer)
    if costume.hat == "halo":
        pen.sheet.line(
            [pen.at(head.near(0.8 * x, 1.62 + 0.18 * y)) for x, y in _circle()], wear.gold, max(int(r * pen.scale * 0.28), 2)
        )
    neck = sk.neck.point
    if costume.hat != "hood mask":
        pen.limb(
            ((neck[0], neck[1] - 0.02), head.tipped(-0.12 * sk.pose.lean / 20, -0.55)), (r * 0.46, r * 0.42), shaded(wear.skin)
        )
    draw_skull(pen, head, wear.skin)
    draw_face(pen, head, look, mood)
    _extras_under(pen, head, wear)
    if costume.beard:
        hair.beard(pen, head, costume.beard, wear.hair)
    if costume.hat != "visor":
        _crown_hair(pen, head, wear)
    _hat(pen, head, wear)


def _crown_hair(pen: Brush, head: Head, wear: Wardrobe) -> None:
    style, colour = wear.hair_style, wear.hair
    if style in {"none", "bald"} or _hooded(wear):
        return
    if style in HAIRCUTS:
        cut = HAIRCUTS[style]
        draw_haircut(pen, head, cut if not wear.costume.hat else replace(cut, top=(1.04,) * len(cut.top)), colour)
        return
    lines = {
        "bob": "bob",
        "long": "parted",
        "wavy": "parted",
        "court": "tied",
        "bunned": "tied",
        "granny": "parted",
        "tails": "girlish",
        "buns": "girlish",
        "ponytail": "tied",
        "plaits": "parted",
        "topknot": "tied",
        "tied": "tied",
        "tied_long": "tied",
        "wavy_short": "parted",
    }
    if style == "ringed":
        for way in (-1, 1):
            _tuft(pen, head, wear, way)
        return
    hair.cover(
        pen,
        head,
        HAIRLINES[lines[style]],
        colour,
        swell=1.15 if style in {"wavy", "wavy_short", "bob", "tails", "buns"} else 1.12,
        tufts=3.0 if style == "tails" else 0.0,
    )
    if style in _LOCKS and head.faced:
        draw_locks(pen, head, _LOCKS[style], colour, curl=0.10 if style == "wavy" else 0.0, wind=pen.wind)
    if style in _COMBED:
        _combed(pen, head, colour)
    if style == "tails":
        for way in (-1, 1):
            hair.tail(pen, head, way * 100, 4, 1.5, colour, wear.accent)
    elif style == "plaits":
        for way in (-1, 1):
            hair.tail(pen, head, way * 78, -38, 1.5, colour, wear.accent)
    elif style == "buns":
        for way in (-1, 1):
            hair.bun(pen, head, way * 74, 56, 0.34, colour)
    elif style in {"topknot", "tied_long"}:
        hair.bun(pen, head, 180, 76, 0.40, colour)
        root, reach = head.tipped(-0.12 * math.sin(math.radians(head.turn)), 1.10), head.r * 0.50
        pen.limb(
            ((root[0] - reach, root[1] + reach * 0.42), (root[0] + reach, root[1] - reach * 0.30)), (head.r * 0.035,) * 2, wear.wood
        )
        pen.ribbon([(root[0] - head.r * 0.26, root[1] - head.r * 0.08), (root[0] + head.r * 0.26, root[1] - head.r * 0.08)],
                   head.r * 0.14, wear.accent)  # fmt: skip
    elif style == "court":
        for a, e, size in ((180, 76, 0.40), (-120, 62, 0.30), (120, 62, 0.30)):
            hair.bun(pen, head, a, e, size, colour)
        for a in (-62, 62):
            at, depth = head.on(a, 48, 1.14)
            if depth > -0.2:
                pen.disc(at, head.r * 0.13, wear.accent)
                pen.disc(at, head.r * 0.06, wear.gold)


def _combed(pen: Brush, head: Head, colour: Array) -> None:
    """Lines of hair drawn back from the brow to where it is tied."""
    if head.r * pen.scale < 10:
        return
    light = np.clip(colour * np.float32(1.25) + np.float32(0.02), 0, 1)
    for number, a in enumerate((-62, -40, -18, 6, 28, 50, 74)):
        run = [(a, 50.0 - abs(a) * 0.34), (a * 1.15, 64.0 - abs(a) * 0.20), (a * 1.5, 80.0)]
        seen = [p for p, depth in (head.on(x, e, 1.08) for x, e in run) if depth > -0.02]
        if len(seen) > 2:
            pen.stroke(seen, head.r * 0.075, light if number % 2 else shaded(shaded(colour)))


def _tuft(pen: Brush, head: Head, wear: Wardrobe, way: int) -> None:
    """Hair around a bald crown."""
    places = [(66, 24), (62, -6), (84, -24), (120, -40), (170, -44), (176, 4), (120, 26), (88, 32)]
    seen = [p for p, depth in (head.on(way * a, e, 1.07) for a, e in places) if depth > -0.30]
    if len(seen) > 3:
        pen.shape(seen, wear.hair)


def _circle() -> list[tuple[float, float]]:
    return [(1, 0), (0.71, 0.71), (0, 1), (-0.71, 0.71), (-1, 0), (-0.71, -0.71), (0, -1), (0.71, -0.71), (1, 0)]


def _extras_under(pen: Brush, head: Head, wear: Wardrobe) -> None:
    gear, r = wear.costume.gear, head.r
    if not head.faced:
        return
    if "glasses" in gear:
        seen = [head.on(a, -6, 1.04) for a in (-24, 24)]
        for p, depth in seen:
            if depth > 0.2:
                pen.sheet.line(
                    [pen.at((p[0] + r * 0.24 * x, p[1] + r * 0.24 * y)) for x, y in _circle()],
                    wear.ink,
                    max(int(r * pen.scale * 0.09), 1),
                )
        if all(depth > 0.2 for _, depth in seen):
            pen.line([head.on(-11, -4, 1.05)[0], head.on(11, -4, 1.05)[0]], r * 0.06, wear.ink)
    if "eyepatch" in gear:
        p, depth = head.on(24, -5, 1.03)
        if depth > 0.2:
            pen.oval(p, r * 0.22, r * 0.22, wear.ink)
        pen.stroke([q for q, d in (head.on(a, 8 + abs(a) * 0.1, 1.03) for a in (-60, -20, 20, 60)) if d > -0.1], r * 0.07, wear.ink)
    if "domino" in gear:
        band = [q for q, d in (head.on(a, -5, 1.02) for a in range(-75, 76, 15)) if d > 0]
        pen.ribbon(band, r * 0.36, wear.ink)
        for a in (-24, 24):
            p, depth = head.on(a, -6, 1.03)
            if depth > 0.2:
                pen.oval(p, r * 0.12, r * 0.10, wear.white)
                pen.disc(p, r * 0.055, wear.ink)


def _hat(pen: Brush, head: Head, wear: Wardrobe) -> None:
    costume, r = wear.costume, head.r
    hat = costume.hat
    band = wear.accent if hat not in {"straw", "felt", "flat"} else wear.boots
    if hat in hair.HATS:
        cloth = {
            "straw": mix(wear.gold, wear.inner, 0.45),
            "bamboo": mix(wear.gold, wear.wood, 0.35),
            "cook": wear.white,
            "beads": wear.ink,
            "hard": wear.gold,
            "tricorn": wear.ink,
            "felt": mix(wear.outer, wear.boots, 0.45),
            "flat": wear.accent if "own cap" in costume.gear else mix(wear.outer, wear.ink, 0.3),
            "beret": wear.accent,
        }.get(hat, wear.outer)
        hair.HATS[hat](pen, head, cloth, wear.gold if hat in {"beads", "tricorn"} else band)
    elif hat in {"crown", "circlet", "tiara"}:
        size = {"crown": (5, 0.46), "circlet": (3, 0.20), "tiara": (3, 0.30)}[hat]
        hair.crown(
            pen,
            head,
            wear.gold,
            rgb("#c8334a") * wear.white if hat != "tiara" else rgb("#7fd0f0") * wear.white,
            points=size[0],
            rise=size[1],
        )
    elif hat == "nurse":
        pen.panel(
            [head.tipped(-0.46, 1.34), head.tipped(-0.58, 0.80)], [head.tipped(0.46, 1.34), head.tipped(0.58, 0.80)], wear.white
        )
        for dx, dy in ((0.14, 0.05), (0.05, 0.14)):
            pen.polygon(
                [head.tipped(dx, 1.06 + dy), head.tipped(-dx, 1.06 + dy), head.tipped(-dx, 1.06 - dy), head.tipped(dx, 1.06 - dy)],
                wear.accent,
            )
    elif hat in {"helm", "war helm", "steel"}:
        steel = mix(wear.metal, wear.boots, 0.45) if hat == "war helm" else wear.metal if hat == "helm" else wear.outer
        hair.cover(pen, head, HAIRLINES["helm"] if hat != "steel" else (30, 30, 26, 12, 0, -6, -8), steel, swell=1.17)
        if hat == "helm":
            pen.stroke([head.on(0, e, 1.13)[0] for e in (62, 30, -8)], r * 0.17, mix(steel, wear.white, 0.35))
        if hat == "war helm":
            pen.polygon([head.tipped(-0.08, 1.12), head.tipped(0.0, 1.85), head.tipped(0.08, 1.12)], wear.gold)
            pen.tube(
                (head.tipped(0, 1.78), head.tipped(-0.25, 1.62), head.tipped(-0.4, 1.2)),
                (r * 0.10, r * 0.18, r * 0.06),
                rgb("#b8262f") * wear.white,
            )
        if "plume" in costume.gear:
            pen.shape(
                [
                    head.tipped(*p)
                    for p in ((0.1, 1.12), (0.0, 1.5), (-0.7, 1.62), (-1.45, 0.95), (-1.35, 0.35), (-1.05, 0.75), (-0.5, 1.1))
                ],
                wear.outer,
            )
    elif hat in {"hood", "hood mask"}:
        hair.cover(pen, head, HAIRLINES["hood"], wear.outer, swell=1.20)
        if hat == "hood mask":
            low = [head.on(float(a), -12, 1.04) for a in range(-90, 91, 15)]
            rim = [p for p, d in low if d > -0.05]
            if len(rim) > 2 and head.faced:
                pen.shape([*rim, head.tipped(0.62, -0.92), head.tipped(0.0, -1.12), head.tipped(-0.62, -0.92)], shaded(wear.outer))
    elif hat == "visor":
        glass = rgb("#7fb0d8") * wear.white
        at = head.on(0, 0, 0.55)[0]
        if head.faced:
            squeeze = 0.62 + 0.38 * abs(math.cos(math.radians(head.turn)))
            ring = [(at[0] + r * 1.16 * squeeze * x, at[1] + r * 1.02 * y) for x, y in _circle()[:-1]]
            if head.r * pen.scale < 6:
                pen.polygon(ring, glass)
            pen.ribbon([(at[0] + r * 1.20 * squeeze * x, at[1] + r * 1.08 * y) for x, y in _circle()], r * 0.16, wear.boots)
            pen.stroke(
                [
                    (at[0] - r * 0.75 * squeeze, at[1] + r * 0.2),
                    (at[0] - r * 0.55 * squeeze, at[1] + r * 0.65),
                    (at[0] - r * 0.1, at[1] + r * 0.85),
                ],
                r * 0.16,
                wear.white,
            )
    elif hat == "mask":
        hair.cover(pen, head, HAIRLINES["helm"], wear.outer, swell=1.12)
        band_ = [q for q, d in (head.on(a, -4, 1.05) for a in range(-55, 56, 11)) if d > 0]
        if head.faced and len(band_) > 2:
            pen.ribbon(band_, r * 0.66, wear.accent)
            pen.ribbon(band_, r * 0.48, rgb("#bfe6f2") * wear.white)
            for a in (-24, 24):
                p, depth = head.on(a, -5, 1.03)
                if depth > 0.2:
                    pen.oval(p, r * 0.11, r * 0.14, wear.ink)
