"""The heads of four-legged animals: skull, muzzle, ears, manes and horns."""

import math
from collections.abc import Callable

import numpy as np

from services.model_service.engines.keyframe.beasts import Beast, Coat
from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.sprites import Pen


def draw_head(pen: Pen, beast: Beast, head: Point, coat: Coat) -> None:
    r, snout = beast.head, beast.snout

    def near(x: float, y: float) -> Point:
        return head[0] + x * r, head[1] + y * r

    muzzle = (head[0] + r * 0.42 + snout, head[1] - r * 0.38 - (snout * 0.55 if "hoof" in beast.marks else 0.0))
    if "lion mane" in beast.marks:
        rim = [
            near(2.0 * s * math.cos(a) - 0.28, 2.0 * s * math.sin(a) - 0.2)
            for a, s in ((k * math.pi / 13, 1.0 if k % 2 else 0.91) for k in range(26))
        ]
        pen.shape(rim, coat.point)
        pen.shape(
            [near(1.55 * math.cos(k * math.pi / 7) - 0.1, 1.55 * math.sin(k * math.pi / 7) - 0.05) for k in range(14)],
            coat.point * np.float32(1.28),
        )
    _far_ear(pen, beast, near, coat)
    pen.disc(head, r, coat.fur)
    thick = (0.62, 0.44) if "hoof" in beast.marks else (0.74, 0.46)
    pen.limb((near(0.15, -0.12), muzzle), (r * thick[0] * 1.15, r * thick[1]), coat.fur)
    if "ruff" in beast.marks:
        pen.shape(
            [near(0.55, -0.15), near(0.15, -0.62), near(-0.55, -1.15), near(-0.35, -0.55), near(-0.62, -0.35), near(0.0, -0.05)],
            coat.pale,
        )
    if beast.pale:
        tip = (muzzle[0] - r * 0.02, muzzle[1] - r * 0.08)
        pen.limb((near(0.42, -0.42), tip), (r * 0.36, r * 0.34), coat.pale)
    if "panda" in beast.marks:
        pen.shape([near(0.10, 0.30), near(0.36, 0.42), near(0.58, 0.16), near(0.34, -0.16), near(0.12, -0.02)], coat.point)
    nose = (muzzle[0] + r * 0.26, muzzle[1] + r * 0.16)
    if "hoof" in beast.marks:
        pen.limb(
            (muzzle, (muzzle[0] + r * 0.05, muzzle[1] - r * 0.05)),
            (r * 0.46, r * 0.42),
            mix(coat.fur, coat.ink, 0.30) if not beast.pale else coat.pale,
        )
        pen.oval((muzzle[0] + r * 0.20, muzzle[1] + r * 0.05), r * 0.09, r * 0.12, coat.ink)
    else:
        pen.oval(nose, r * 0.21, r * 0.16, coat.ink)
        pen.line(
            [(muzzle[0] + r * 0.22, muzzle[1] - r * 0.18), (muzzle[0] - r * 0.35, muzzle[1] - r * 0.22)],
            r * 0.055,
            mix(coat.fur, coat.ink, 0.7),
        )
    eye = near(0.36, 0.22)
    pen.oval(eye, r * 0.13, r * 0.17, coat.ink)
    pen.disc(
        (eye[0] + r * 0.045, eye[1] + r * 0.07),
        r * 0.05,
        np.ones(3, np.float32) * np.float32(min(1.0, float(coat.pale.max()) + 0.1)),
    )
    _near_ear(pen, beast, near, coat)
    if "horn" in beast.marks:
        pen.polygon([near(0.30, 0.95), near(0.95, 3.2), near(0.72, 0.80)], mix(coat.pale, rgb("#f2c860"), 0.7))


def _far_ear(pen: Pen, beast: Beast, near: Callable[[float, float], Point], coat: Coat) -> None:
    if beast.ear in {"pointed", "small", "antler"}:
        pen.polygon([near(-0.10, 0.75), near(0.22, 1.72), near(0.52, 0.72)], coat.shade)
    elif beast.ear == "long":
        pen.shape([near(0.05, 0.7), near(0.10, 2.0), near(0.32, 2.5), near(0.46, 1.7), near(0.42, 0.7)], coat.shade)
    elif beast.ear == "round":
        pen.disc(near(0.42, 0.86), beast.head * 0.30, coat.point if "panda" in beast.marks else coat.shade)
    if beast.ear == "antler":
        _antler(pen, near, 0.35, mix(coat.shade, coat.ink, 0.35))


def _near_ear(pen: Pen, beast: Beast, near: Callable[[float, float], Point], coat: Coat) -> None:
    r = beast.head
    if beast.ear == "floppy":
        pen.shape(
            [near(-0.55, 0.88), near(-0.02, 0.74), near(-0.08, -0.15), near(-0.42, -0.82), near(-0.86, -0.42), near(-0.92, 0.3)],
            coat.point,
        )
    elif beast.ear in {"pointed", "small", "antler"}:
        tall = 1.95 if beast.ear == "pointed" else 1.70
        pen.shape([near(-0.68, 0.50), near(-0.60, 1.2), near(-0.38, tall), near(-0.02, 1.25), near(0.10, 0.72)], coat.fur)
        pen.shape(
            [near(-0.48, 0.70), near(-0.44, 1.15), near(-0.34, tall - 0.35), near(-0.12, 1.10), near(-0.06, 0.78)],
            mix(coat.shade, coat.pale, 0.25),
        )
        if beast.point and beast.ear == "pointed":
            pen.polygon([near(-0.52, 1.45), near(-0.38, tall), near(-0.16, 1.48)], coat.point)
    elif beast.ear == "long":
        pen.shape([near(-0.55, 0.6), near(-0.78, 1.9), near(-0.62, 2.7), near(-0.28, 2.0), near(-0.05, 0.75)], coat.fur)
        pen.shape(
            [near(-0.44, 0.9), near(-0.60, 1.9), near(-0.54, 2.3), near(-0.36, 1.8), near(-0.22, 0.95)],
            mix(coat.fur, coat.pale, 0.6),
        )
    elif beast.ear == "round":
        pen.disc(near(-0.42, 0.84), r * 0.38, coat.point if "panda" in beast.marks else coat.fur)
        if "panda" not in beast.marks:
            pen.disc(near(-0.40, 0.82), r * 0.22, mix(coat.shade, coat.pale, 0.4))
    if beast.ear == "antler":
        _antler(pen, near, -0.25, mix(coat.pale, coat.shade, 0.45))


def _antler(pen: Pen, near: Callable[[float, float], Point], lean: float, colour: Array) -> None:
    stem = [near(0.0, 0.85), near(lean * 1.6 - 0.2, 2.1), near(lean * 2.6 - 0.1, 3.3), near(lean * 2.6 + 0.5, 4.2)]
    pen.limb(stem, (0.016, 0.014, 0.012, 0.006), colour)
    for base, tip in (
        (stem[1], near(lean * 1.6 + 0.85, 2.75)),
        (stem[2], near(lean * 2.6 - 0.75, 4.0)),
        (stem[2], near(lean * 2.6 + 1.0, 3.7)),
    ):
        pen.limb((base, tip), (0.012, 0.005), colour)
