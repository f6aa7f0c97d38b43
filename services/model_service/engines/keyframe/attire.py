"""What people wear: a build, a wardrobe and gear for every kind of person, and the pieces drawn on a body."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
from services.model_service.engines.keyframe.poses import Pose, step
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Build:
    """A body and its wardrobe. Lengths are shares of the figure's own height; `height` is against a grown-up's."""

    height: float
    head: float
    hip: float
    garment: str
    hair: str
    outers: tuple[str, ...]
    hairs: tuple[str, ...]
    gear: tuple[str, ...] = ()
    stoop: float = 0.0


_HAIR = ("#2b2020", "#4a2f22", "#6b4423", "#1f1d26")
_GREY_HAIR = ("#d9d6d0", "#c4c2c0")
BUILDS: Mapping[str, Build] = {
    "traveller": Build(
        1.0, 0.060, 0.50, "coat", "hood", ("#b5532f", "#3f6a7a", "#8a6a34", "#5b6b3f"), _HAIR, ("backpack", "staff", "scarf")
    ),
    "man": Build(1.0, 0.060, 0.50, "coat", "short", ("#4a5568", "#5a4a3f", "#37506a", "#6a4340"), _HAIR),
    "woman": Build(0.95, 0.061, 0.50, "dress", "long", ("#b8455a", "#3f7a78", "#7a5a92", "#c98a4a"), _HAIR),
    "boy": Build(0.66, 0.088, 0.43, "jacket", "short", ("#d9622f", "#3f78b8", "#4f9a5a", "#c9a23a"), _HAIR, ("scarf",)),
    "girl": Build(0.64, 0.090, 0.43, "dress", "tails", ("#d9485a", "#e8a13c", "#5a9ac8", "#c86a9a"), _HAIR),
    "child": Build(0.60, 0.092, 0.43, "jacket", "bob", ("#e0a03a", "#c9503f", "#4a8ab0", "#6aa05a"), _HAIR, ("scarf",)),
    "old man": Build(
        0.92, 0.063, 0.48, "coat", "bald", ("#5a6470", "#6a5a48", "#445a54"), _GREY_HAIR, ("cane", "beard", "cap"), 0.10
    ),
    "old woman": Build(0.86, 0.066, 0.48, "dress", "bun", ("#7a5a6a", "#5a6a7a", "#8a6a4a"), _GREY_HAIR, ("cane", "shawl"), 0.10),
    "warrior": Build(1.04, 0.057, 0.51, "armour", "helm", ("#8f2f2a", "#2f4a7a", "#4a3a5a"), _HAIR, ("cape", "sword")),
}


@dataclass(frozen=True, slots=True)
class Wardrobe:
    outer: Array
    shade: Array
    legs: Array
    boots: Array
    skin: Array
    hair: Array
    accent: Array


def dress(stage: Stage, figure: Figure, build: Build, rng: np.random.Generator) -> Wardrobe:
    outer = rgb(figure.outer) if figure.outer else rgb(build.outers[int(rng.integers(len(build.outers)))])
    hair = rgb(figure.hair) if figure.hair else rgb(build.hairs[int(rng.integers(len(build.hairs)))])
    accents = ("#e8c15a", "#c94a3f", "#e8e0d0", "#3f8a8a")
    accent = rgb(figure.accent) if figure.accent else rgb(accents[int(rng.integers(4))])
    legs = rgb(("#3a3f52", "#4a4038", "#2f3a48")[int(rng.integers(3))])
    lift = np.float32(1.9 if stage.dark else 1.25 if stage.palette.low_sun else 1.06)

    def lit(albedo: Array) -> Array:
        return np.clip(stage.lit(albedo) * lift, 0, 1)

    return Wardrobe(
        lit(outer), lit(outer * np.float32(0.70)), lit(legs), lit(rgb("#3a2a22")), lit(rgb("#f0c6a2")), lit(hair), lit(accent)
    )


def head(pen: Pen, build: Build, wear: Wardrobe, at: Point, tilt: float, stage: Stage) -> None:
    r = build.head
    x, y = at
    turn = np.deg2rad(-tilt)

    def near(dx: float, dy: float) -> Point:
        return x + r * (dx * float(np.cos(turn)) - dy * float(np.sin(turn))), y + r * (
            dx * float(np.sin(turn)) + dy * float(np.cos(turn))
        )

    hair = wear.hair
    if build.hair in {"long", "tails", "bob"}:
        fall = {"long": -2.5, "tails": -1.3, "bob": -1.15}[build.hair]
        pen.shape(
            [near(-0.1, 1.12), near(-1.05, 0.6), near(-1.25, -0.4), near(-1.15, fall), near(-0.35, fall - 0.15), near(-0.05, -0.3)],
            hair,
        )
    if build.hair == "hood":
        pen.shape(
            [
                near(0.5, 1.28),
                near(-0.6, 1.32),
                near(-1.35, 0.35),
                near(-1.30, -1.1),
                near(0.2, -1.35),
                near(1.0, -0.9),
                near(0.92, 0.5),
            ],
            wear.outer * np.float32(0.92),
        )
    pen.limb((near(-0.15, -0.6), near(-0.2, -1.5)), (r * 0.42, r * 0.46), wear.skin * np.float32(0.86))
    pen.oval((x, y), r * 0.92, r * 1.06, wear.skin)
    pen.disc(near(0.88, -0.12), r * 0.15, wear.skin)
    if build.hair == "hood":
        pen.shape(
            [
                near(0.62, 1.22),
                near(-0.5, 1.30),
                near(-1.25, 0.3),
                near(-1.15, -1.0),
                near(-0.25, -1.15),
                near(-0.30, -0.2),
                near(0.15, 0.55),
                near(0.80, 0.66),
            ],
            wear.outer,
        )
    elif build.hair == "helm":
        steel = mix(wear.skin, wear.accent, 0.2) * np.float32(0.78)
        pen.shape(
            [
                near(0.95, 0.25),
                near(0.7, 1.05),
                near(-0.2, 1.32),
                near(-1.05, 0.7),
                near(-1.12, -0.6),
                near(-0.45, -0.75),
                near(-0.25, 0.1),
            ],
            steel,
        )
        pen.shape([near(-0.1, 1.25), near(-0.9, 1.75), near(-1.9, 1.1), near(-1.7, 0.4), near(-1.0, 0.95)], wear.outer)
    else:
        brow = 0.30 if build.hair != "bald" else 0.05
        cap = [
            near(0.86, 0.36),
            near(0.62, 1.04),
            near(-0.15, 1.24),
            near(-0.98, 0.72),
            near(-1.06, -0.35),
            near(-0.62, -0.55),
            near(-0.42, 0.15),
            near(0.1, brow + 0.42),
        ]
        if build.hair == "bald":
            cap = [near(-0.35, 0.55), near(-0.9, 0.6), near(-1.05, -0.35), near(-0.62, -0.6), near(-0.4, 0.0)]
        pen.shape(cap, hair)
    if build.hair == "bun":
        pen.disc(near(-0.95, 0.75), r * 0.45, hair)
    if build.hair == "tails":
        pen.limb((near(-0.9, -0.1), near(-1.55, -0.9), near(-1.45, -2.0)), (r * 0.30, r * 0.36, r * 0.10), hair)
        pen.disc(near(-0.98, -0.15), r * 0.2, wear.accent)
    if "cap" in build.gear:
        pen.shape(
            [near(1.25, 0.55), near(0.6, 1.25), near(-0.5, 1.30), near(-1.1, 0.75), near(-0.9, 0.50), near(0.3, 0.62)], wear.shade
        )
    if "beard" in build.gear:
        pen.shape(
            [near(0.92, -0.35), near(0.55, -0.25), near(-0.25, -0.4), near(-0.2, -1.0), near(0.45, -1.75), near(0.85, -1.1)], hair
        )
    if r * pen.scale > 9:
        ink = wear.hair * np.float32(0.25)
        pen.oval(near(0.42, 0.06), r * 0.085, r * 0.13, ink)
        if r * pen.scale > 22:
            pen.line([near(0.28, 0.34), near(0.58, 0.36)], r * 0.07, mix(wear.skin, ink, 0.6))
            pen.line([near(0.50, -0.48), near(0.70, -0.44)], r * 0.06, mix(wear.skin, rgb("#8a2f2a"), 0.55))
            pen.oval(near(0.22, -0.28), r * 0.17, r * 0.11, mix(wear.skin, rgb("#e8604a") * stage.palette.light, 0.28))


def backpack(pen: Pen, wear: Wardrobe, shoulder: Point, hip: Point) -> None:
    x, top, low = min(shoulder[0], hip[0]) - 0.085, shoulder[1] - 0.005, hip[1] + 0.055
    pack = mix(wear.accent, wear.boots, 0.45)
    pen.shape([(x + 0.05, top), (x - 0.055, top + 0.005), (x - 0.105, (top + low) / 2), (x - 0.09, low), (x + 0.05, low)], pack)
    pen.shape([(x + 0.04, low + 0.10), (x - 0.10, low + 0.11), (x - 0.115, low + 0.03), (x - 0.02, low)], pack * np.float32(0.8))
    pen.limb(((x - 0.065, top + 0.032), (x + 0.045, top + 0.032)), (0.031, 0.031), wear.accent)
    pen.disc((x - 0.065, top + 0.032), 0.017, wear.accent * np.float32(0.6))


def cape(pen: Pen, wear: Wardrobe, shoulder: Point, hip: Point, pose: Pose) -> None:
    sx, sy = shoulder
    sweep = 0.10 + abs(pose.lean) * 0.010
    pen.shape(
        [
            (sx + 0.04, sy + 0.02),
            (sx - 0.07, sy),
            (hip[0] - 0.14 - sweep * 0.5, hip[1]),
            (hip[0] - 0.20 - sweep, 0.10),
            (hip[0] - 0.06, 0.13),
            (hip[0] + 0.02, hip[1]),
        ],
        wear.outer * np.float32(0.82),
    )


def scarf(pen: Pen, wear: Wardrobe, shoulder: Point, build: Build) -> None:
    x, y = shoulder
    wide = 0.062 if build.head < 0.08 else 0.075
    pen.limb(((x - wide * 0.7, y + 0.014), (x + wide * 0.7, y + 0.010)), (0.028, 0.027), wear.accent)
    if "shawl" not in build.gear:
        pen.shape(
            [(x - wide * 0.5, y + 0.015), (x - 0.12, y + 0.022), (x - 0.21, y - 0.03), (x - 0.20, y - 0.07), (x - 0.11, y - 0.028)],
            wear.accent * np.float32(0.88),
        )


def _umbrella(pen: Pen, wear: Wardrobe, hand: Point, wood: Array) -> None:
    x, top = hand[0] + 0.01, 1.16
    pen.limb((hand, (x, top)), (0.010, 0.008), wood)
    ribs = [(x + 0.34 * float(np.cos(a)), 1.0 + 0.19 * float(np.sin(a))) for a in np.linspace(0, np.pi, 17)]
    hem = [(x - 0.34 + 0.68 * k / 8, 1.0 + (0.03 if k % 2 else 0.0)) for k in range(9)]
    pen.polygon([*ribs, *hem], wear.accent)
    pen.polygon([*ribs[8:], *hem[:4]], wear.accent * np.float32(0.78))


def gear(pen: Pen, build: Build, pose: Pose, wear: Wardrobe, hand: Point, *, umbrella: bool) -> None:
    wood = wear.boots * np.float32(1.5)
    if umbrella:
        _umbrella(pen, wear, hand, wood)
    if pose.seated or umbrella:
        return
    if "staff" in build.gear and abs(pose.near_arm[0]) < 60:
        top = (hand[0] + 0.03, 0.98)
        pen.limb((top, (hand[0] + 0.005, 0.0)), (0.011, 0.010), wood)
        pen.disc(hand, 0.024, wear.skin)
    if "cane" in build.gear and abs(pose.near_arm[0]) < 60:
        pen.limb(((hand[0] - 0.02, hand[1] + 0.03), (hand[0] + 0.05, 0.0)), (0.010, 0.008), wood)
        pen.limb(((hand[0] - 0.02, hand[1] + 0.03), (hand[0] + 0.03, hand[1] + 0.045)), (0.011, 0.009), wood)
    if "sword" in build.gear:
        tip = step(hand, pose.near_arm[1] + 34, 0.46)
        pen.limb((hand, tip), (0.016, 0.006), np.clip(wear.skin * np.float32(0.2) + np.float32(0.75) * wear.skin.max(), 0, 1))
        guard = step(hand, pose.near_arm[1] + 34, 0.05)
        pen.limb((step(guard, pose.near_arm[1] + 124, 0.05), step(guard, pose.near_arm[1] - 56, 0.05)), (0.011, 0.011), wear.accent)
