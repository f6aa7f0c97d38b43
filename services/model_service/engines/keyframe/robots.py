"""Robots: shells, joints and lamps on the skeleton that people have, so that they walk, sit, kneel and hold as people do."""

import math

import numpy as np

from services.model_service.engines.keyframe.attire import thickness
from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.costumes import Wardrobe
from services.model_service.engines.keyframe.faces import Expression, Head
from services.model_service.engines.keyframe.figure_brush import Brush, along, shaded
from services.model_service.engines.keyframe.heads import head_of
from services.model_service.engines.keyframe.skeleton import Skeleton

_VISOR = "#141a22"
_TRUNK = ((1.04, 0.085, 0.075), (0.97, 0.165, 0.120), (0.52, 0.168, 0.125), (0.10, 0.118, 0.100), (-0.10, 0.085, 0.080))
"""Heights between hips (0) and neck (1), and the half-axes of the shell there in grown-ups' heights: across and deep."""


def _metal(wear: Wardrobe) -> Array:
    return np.asarray(wear.outer * np.float32(0.42), np.float32)


def _lamp(wear: Wardrobe, mood: Expression) -> Array:
    """What eyes and chest shine in; dark glass where the eyes are shut."""
    if mood.lids <= 0:
        return np.asarray(rgb(_VISOR) * np.float32(2.2), np.float32)
    bright = wear.accent / max(float(wear.accent.max()), 1e-3)
    return mix(bright, np.ones(3, np.float32), 0.30)


def draw_leg(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe) -> None:
    leg, toe, k = sk.legs[index], sk.toes[index], thickness(sk)
    tone = np.float32(1.0 if index == 0 or sk.across > 0.8 else 0.84)
    shell, joint = wear.outer * tone, _metal(wear) * tone
    pen.limb((leg.root.point, leg.bend.point, leg.end.point), (0.034 * k, 0.030 * k, 0.030 * k), joint)
    pen.tube(
        (along(leg.root.point, leg.bend.point, 0.12), along(leg.root.point, leg.bend.point, 0.80)), (0.042 * k, 0.040 * k), shell
    )
    pen.tube((along(leg.bend.point, leg.end.point, 0.20), leg.end.point), (0.042 * k, 0.054 * k), shell)
    pen.disc(leg.bend.point, 0.034 * k, joint)
    (ax, ay), (tx, ty) = leg.end.point, toe.point
    heel = (ax - (tx - ax) * 0.45, ay - 0.010 * k)
    pen.drape(
        [((ax, ay + 0.012), 0.044 * k), (heel, 0.030 * k), ((tx, ty + 0.004), 0.030 * k)], shell * np.float32(0.88), fall=0.02
    )


def draw_arm(pen: Brush, sk: Skeleton, index: int, wear: Wardrobe) -> None:
    arm, k = sk.arms[index], thickness(sk)
    tone = np.float32(1.0 if index == 0 or sk.across > 0.8 else 0.84)
    shell, joint = wear.outer * tone, _metal(wear) * tone
    shoulder, elbow, wrist = arm.root.point, arm.bend.point, arm.end.point
    pen.limb((shoulder, elbow, wrist), (0.030 * k, 0.026 * k, 0.024 * k), joint)
    pen.tube((along(shoulder, elbow, 0.05), along(shoulder, elbow, 0.78)), (0.046 * k, 0.036 * k), shell)
    pen.tube((along(elbow, wrist, 0.18), along(elbow, wrist, 0.92)), (0.036 * k, 0.042 * k), shell)
    dx, dy = wrist[0] - elbow[0], wrist[1] - elbow[1]
    length = max(math.hypot(dx, dy), 1e-4)
    ux, uy = dx / length, dy / length
    palm = (wrist[0] + ux * 0.014 * k, wrist[1] + uy * 0.014 * k)
    pen.disc(palm, 0.028 * k, joint)
    for way in (-1, 1):
        knuckle = (palm[0] + (ux * 0.020 - way * uy * 0.024) * k, palm[1] + (uy * 0.020 + way * ux * 0.024) * k)
        tip = (knuckle[0] + (ux * 0.030 + way * uy * 0.010) * k, knuckle[1] + (uy * 0.030 - way * ux * 0.010) * k)
        pen.limb((palm, knuckle, tip), (0.015 * k, 0.013 * k, 0.010 * k), joint)


def draw_trunk(pen: Brush, sk: Skeleton, wear: Wardrobe, mood: Expression) -> None:
    ux, uy = sk.neck.x - sk.pelvis.x, sk.neck.y - sk.pelvis.y
    size = sk.body.height / 0.86
    turn = math.radians(sk.yaw)
    length = max(math.hypot(ux, uy), 1e-4)

    def at(t: float, across: float) -> Point:
        return sk.pelvis.x + ux * t + uy / length * across, sk.pelvis.y + uy * t - ux / length * across

    def edge(way: int) -> list[Point]:
        return [at(t, way * size * math.hypot(wide * math.cos(turn), deep * math.sin(turn))) for t, wide, deep in _TRUNK]

    pen.limb((sk.neck.point, sk.head.point), (0.042 * size, 0.042 * size), _metal(wear))
    pen.panel(edge(-1), edge(1), wear.outer)
    if math.cos(turn) > -0.1:
        middle, wide = 0.118 * size * math.sin(turn), 0.088 * size * max(math.cos(turn), 0.22)
        face = [
            at(t, middle + way * wide * k) for t, way, k in ((0.84, -1, 1.0), (0.84, 1, 1.0), (0.34, 1, 0.86), (0.34, -1, 0.86))
        ]
        pen.polygon(face, wear.outer * np.float32(0.74))
        pen.oval(at(0.60, middle), 0.034 * size * max(math.cos(turn), 0.4), 0.034 * size, _metal(wear))
        pen.oval(at(0.60, middle), 0.026 * size * max(math.cos(turn), 0.4), 0.026 * size, _lamp(wear, mood))


def draw_head(pen: Brush, sk: Skeleton, wear: Wardrobe, mood: Expression) -> None:
    head, shell, metal = head_of(sk), wear.outer * np.float32(1.04), _metal(wear)
    turn = math.radians(head.turn)
    wide = 1.12 + 0.14 * abs(math.cos(turn))
    _antenna(pen, head, metal, mood)
    for way in (-1, 1):  # the caps over the ears
        if abs(math.cos(turn)) > 0.3:
            pen.disc(head.near(way * wide * 0.98, -0.05), head.r * 0.20, metal)
    pen.shape([head.near(x * wide, y) for x, y in _ROUNDED], shell)
    dark = [head.near(x * wide * (1.0 if x * pen.light < 0 else 0.55), y) for x, y in _ROUNDED]
    pen.shape([p for p, (x, _) in zip(dark, _ROUNDED, strict=True) if x * pen.light <= 0.1], shaded(shell))
    if math.cos(turn) < -0.15:
        pen.line([head.near(-0.5, -0.3), head.near(0.5, -0.3)], 0.008, metal)
        return
    drop = -0.010 * head.nod
    middle, half = 0.34 * math.sin(turn) * wide, wide * (0.84 - 0.22 * abs(math.sin(turn)))
    visor = [head.near(middle + x * half, 0.06 + drop + y * 0.52) for x, y in _ROUNDED]
    pen.shape(visor, rgb(_VISOR))
    for way in (-1, 1):
        azimuth = turn + way * math.radians(25)
        if math.cos(azimuth) > 0.05:
            _eye(pen, head, (wide * 0.92 * math.sin(azimuth), 0.06 + drop), max(math.cos(azimuth), 0.35), _lamp(wear, mood), mood)


def _antenna(pen: Brush, head: Head, metal: Array, mood: Expression) -> None:
    pen.limb((head.near(0, 0.8), head.near(0, 1.62)), (head.r * 0.07, head.r * 0.05), metal)
    lit = rgb("#ff6a5a")
    pen.disc(head.near(0, 1.68), head.r * 0.16, lit * np.float32(0.35) if mood.lids <= 0 else lit)


def _eye(pen: Brush, head: Head, at: Point, narrow: float, light: Array, mood: Expression) -> None:
    """A lamp behind glass: round, half shut, a smile's arc, or out."""
    r = head.r * 0.235
    x, y = at
    if mood.lids <= 0:
        pen.stroke([head.near(x - 0.20 * narrow, y), head.near(x, y - 0.06), head.near(x + 0.20 * narrow, y)], head.r * 0.13, light)
    elif mood.smile >= 6 and mood.gape < 6:
        arc = [head.near(x + 0.23 * narrow * u, y - 0.10 + 0.24 * (1 - u * u)) for u in (-1, -0.5, 0, 0.5, 1)]
        pen.ribbon(arc, head.r * 0.13, light)
    else:
        pen.oval(head.near(x, y), r * narrow, r * min(max(mood.lids, 0.35), 1.2), light)
        pen.disc(head.near(x + 0.06, y + 0.07), r * 0.28 * narrow, np.ones(3, np.float32))


_ROUNDED = tuple(
    (math.copysign(abs(math.cos(a)) ** 0.55, math.cos(a)), math.copysign(abs(math.sin(a)) ** 0.55, math.sin(a)) * 0.92)
    for a in (2 * math.pi * k / 24 for k in range(24))
)
"""The outline of a box with round corners, half-widths 1 and 0.92."""
