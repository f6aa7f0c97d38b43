"""People: a jointed figure in profile with clothes, hair and gear by kind, in the poses that stories ask for."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point, mix, rgb
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
class Pose:
    """Angles in degrees from straight down, forward positive: near and far thigh, shin, upper arm, forearm; the trunk's lean."""

    near_leg: tuple[float, float]
    far_leg: tuple[float, float]
    near_arm: tuple[float, float]
    far_arm: tuple[float, float]
    lean: float = 0.0
    head: float = 0.0
    seated: bool = False


POSES: Mapping[str, Pose] = {
    "standing": Pose((3, 0), (-5, -5), (4, 14), (-6, 8), 0.0),
    "walking": Pose((25, 10), (-17, -34), (-24, -8), (22, 40), 4.0),
    "running": Pose((54, -6), (-18, -78), (-48, 32), (42, 112), 14.0),
    "sitting": Pose((84, 8), (76, -2), (24, 70), (16, 60), 2.0, 0.0, seated=True),
    "pointing": Pose((6, 2), (-8, -8), (96, 98), (-8, 6), 2.0, -8.0),
    "looking up": Pose((4, 0), (-6, -6), (4, 12), (-8, 4), -4.0, -24.0),
    "hugging": Pose((4, 2), (-6, -8), (62, 100), (76, 112), 5.0, 8.0),
}


def _step(origin: Point, angle: float, length: float) -> Point:
    a = np.deg2rad(angle)
    return origin[0] + float(np.sin(a)) * length, origin[1] - float(np.cos(a)) * length


@dataclass(frozen=True, slots=True)
class _Wardrobe:
    outer: Array
    shade: Array
    legs: Array
    boots: Array
    skin: Array
    hair: Array
    accent: Array


def draw_person(stage: Stage, figure: Figure, pose_name: str, size: float, rng: np.random.Generator) -> Pen:
    """The person facing right; `size` is a grown-up's height in pixels."""
    build, pose = BUILDS[figure.tag], POSES[pose_name]
    scale = size * build.height
    pen = Pen(scale, left=0.62, right=0.72, top=1.22)
    wear = _dress(stage, figure, build, rng)
    lean = pose.lean + build.stoop * 130
    hip: Point = (0.0, 0.13 if pose.seated else build.hip)
    trunk = 0.80 - 0.50 if build.head < 0.08 else 0.28
    shoulder = _step(hip, 180 - lean, trunk)
    head_at = _step(shoulder, 180 - lean - pose.head * 0.4 - build.stoop * 120, build.head * 1.62)
    thigh, shin = hip[1] * 0.52 if not pose.seated else build.hip * 0.52, (hip[1] if not pose.seated else build.hip) * 0.50
    arm = trunk * 0.56
    if "cape" in build.gear:
        _cape(pen, wear, shoulder, hip, pose)
    _arm(pen, shoulder, pose.far_arm, arm, wear.shade, wear.skin)
    _leg(pen, hip, pose.far_leg, thigh, shin, wear.legs * np.float32(0.72), wear.boots * np.float32(0.75))
    if "backpack" in build.gear:
        _backpack(pen, wear, shoulder, hip)
    _leg(pen, hip, pose.near_leg, thigh, shin, wear.legs, wear.boots)
    _garment(pen, build, pose, wear, shoulder, hip, thigh)
    _head(pen, build, wear, head_at, pose.head, stage)
    if "scarf" in build.gear or figure.accent or "shawl" in build.gear:
        _scarf(pen, wear, shoulder, build)
    hand = _arm(pen, shoulder, pose.near_arm, arm, wear.outer * np.float32(1.06), wear.skin)
    _gear(pen, build, pose, wear, hand)
    return pen


def _dress(stage: Stage, figure: Figure, build: Build, rng: np.random.Generator) -> _Wardrobe:
    outer = rgb(figure.outer) if figure.outer else rgb(build.outers[int(rng.integers(len(build.outers)))])
    hair = rgb(figure.hair) if figure.hair else rgb(build.hairs[int(rng.integers(len(build.hairs)))])
    accents = ("#e8c15a", "#c94a3f", "#e8e0d0", "#3f8a8a")
    accent = rgb(figure.accent) if figure.accent else rgb(accents[int(rng.integers(4))])
    legs = rgb(("#3a3f52", "#4a4038", "#2f3a48")[int(rng.integers(3))])
    lift = np.float32(1.75 if stage.dark else 1.25 if stage.palette.low_sun else 1.06)

    def lit(albedo: Array) -> Array:
        return np.clip(stage.lit(albedo) * lift, 0, 1)

    return _Wardrobe(
        lit(outer), lit(outer * np.float32(0.70)), lit(legs), lit(rgb("#3a2a22")), lit(rgb("#f0c6a2")), lit(hair), lit(accent)
    )


def _leg(pen: Pen, hip: Point, angles: tuple[float, float], thigh: float, shin: float, cloth: Array, boot: Array) -> None:
    knee = _step(hip, angles[0], thigh)
    ankle = _step(knee, angles[1], shin)
    pen.limb((hip, knee, ankle), (0.058, 0.043, 0.032), cloth)
    pitch = np.clip(angles[1] * 0.6, -40, 10)
    toe = _step(ankle, 90 + float(pitch), 0.075)
    mid = _step(ankle, angles[1] + 180, shin * 0.30)
    pen.limb((mid, ankle), (0.041, 0.036), boot)
    pen.limb((ankle, toe), (0.033, 0.021), boot)


def _arm(pen: Pen, shoulder: Point, angles: tuple[float, float], length: float, cloth: Array, skin: Array) -> Point:
    start = (shoulder[0], shoulder[1] - 0.030)
    elbow = _step(start, angles[0], length)
    hand = _step(elbow, angles[1], length * 0.92)
    pen.disc(_step(hand, angles[1], 0.012), 0.024, skin)
    pen.limb((start, elbow, hand), (0.042, 0.035, 0.028), cloth)
    return hand


def _garment(pen: Pen, build: Build, pose: Pose, wear: _Wardrobe, shoulder: Point, hip: Point, thigh: float) -> None:
    """The trunk: a coat to mid-thigh, a dress to the shin, a jacket, or armour with a skirt."""
    sx, sy = shoulder
    hx, hy = hip
    wide = 0.075 if build.head < 0.08 else 0.085
    spread = abs(pose.near_leg[0] - pose.far_leg[0]) / 60
    length = {"coat": 0.17, "dress": 0.31, "jacket": 0.05, "armour": 0.14}[build.garment]
    flare = {"coat": 0.055, "dress": 0.115, "jacket": 0.012, "armour": 0.06}[build.garment] + 0.07 * spread
    if pose.seated:
        knee = _step(hip, pose.near_leg[0] - 8, thigh)
        hem: list[Point] = [(knee[0], knee[1] + 0.05), (knee[0] + 0.03, knee[1] - 0.08), (hx, hy - 0.08), (hx - 0.11, hy - 0.06)]
        body = [
            (sx - wide * 0.8, sy - 0.01),
            (sx, sy + 0.025),
            (sx + wide * 0.8, sy - 0.015),
            (hx + wide, hy + 0.10),
            *hem,
            (hx - wide, hy + 0.10),
        ]
        pen.shape(
            body if build.garment in {"coat", "dress"} else [*body[:4], (hx + 0.09, hy - 0.02), (hx - 0.09, hy - 0.04), body[-1]],
            wear.outer,
        )
    else:
        low, swing = hy - length, 0.02 * spread
        waist = wide * (0.78 if build.garment == "dress" else 0.95)
        outline: list[Point] = [
            (sx - wide * 0.95, sy - 0.035),
            (sx - wide * 0.5, sy + 0.016),
            (sx + wide * 0.5, sy + 0.016),
            (sx + wide * 0.98, sy - 0.05),
            ((sx + hx) / 2 + waist, (sy + hy) / 2),
            (hx + wide + flare * 0.4, hy - 0.02),
            (hx + wide + flare + swing, low + 0.02),
            (hx + wide * 0.4, low - 0.012),
            (hx - wide * 0.5, low - 0.012),
            (hx - wide - flare - swing, low + 0.015),
            (hx - wide - flare * 0.35, hy - 0.02),
            ((sx + hx) / 2 - waist, (sy + hy) / 2),
        ]
        pen.shape(outline, wear.outer)
        back = [
            outline[0],
            outline[1],
            (sx - wide * 0.2, sy),
            (hx - wide * 0.35, hy),
            (hx - wide * 0.5, low),
            outline[9],
            outline[10],
            outline[11],
        ]
        pen.shape(back, wear.shade)
    belt = wear.boots if build.garment != "armour" else wear.accent
    middle = ((sx + hx) / 2 * 0.4 + hx * 0.6, hy + (sy - hy) * 0.22)
    pen.limb(((middle[0] - wide * 0.82, middle[1]), (middle[0] + wide * 0.82, middle[1])), (0.013, 0.013), belt)
    if build.garment == "armour":
        steel = mix(wear.skin, wear.accent, 0.2) * np.float32(0.72)
        pen.shape(
            [
                (sx - wide, sy - 0.03),
                (sx, sy + 0.02),
                (sx + wide, sy - 0.03),
                (sx + wide * 0.9, middle[1]),
                (sx - wide * 0.7, middle[1]),
            ],
            steel,
        )
        pen.oval((sx, sy - 0.02), 0.062, 0.046, steel * np.float32(1.15))


def _head(pen: Pen, build: Build, wear: _Wardrobe, at: Point, tilt: float, stage: Stage) -> None:
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


def _backpack(pen: Pen, wear: _Wardrobe, shoulder: Point, hip: Point) -> None:
    x, top, low = min(shoulder[0], hip[0]) - 0.085, shoulder[1] - 0.005, hip[1] + 0.055
    pack = mix(wear.accent, wear.boots, 0.45)
    pen.shape([(x + 0.05, top), (x - 0.055, top + 0.005), (x - 0.105, (top + low) / 2), (x - 0.09, low), (x + 0.05, low)], pack)
    pen.shape([(x + 0.04, low + 0.10), (x - 0.10, low + 0.11), (x - 0.115, low + 0.03), (x - 0.02, low)], pack * np.float32(0.8))
    pen.limb(((x - 0.065, top + 0.032), (x + 0.045, top + 0.032)), (0.031, 0.031), wear.accent)
    pen.disc((x - 0.065, top + 0.032), 0.017, wear.accent * np.float32(0.6))


def _cape(pen: Pen, wear: _Wardrobe, shoulder: Point, hip: Point, pose: Pose) -> None:
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


def _scarf(pen: Pen, wear: _Wardrobe, shoulder: Point, build: Build) -> None:
    x, y = shoulder
    wide = 0.062 if build.head < 0.08 else 0.075
    pen.limb(((x - wide * 0.7, y + 0.014), (x + wide * 0.7, y + 0.010)), (0.028, 0.027), wear.accent)
    if "shawl" not in build.gear:
        pen.shape(
            [(x - wide * 0.5, y + 0.015), (x - 0.12, y + 0.022), (x - 0.21, y - 0.03), (x - 0.20, y - 0.07), (x - 0.11, y - 0.028)],
            wear.accent * np.float32(0.88),
        )


def _gear(pen: Pen, build: Build, pose: Pose, wear: _Wardrobe, hand: Point) -> None:
    wood = wear.boots * np.float32(1.5)
    if pose.seated:
        return
    if "staff" in build.gear and abs(pose.near_arm[0]) < 60:
        top = (hand[0] + 0.03, 0.98)
        pen.limb((top, (hand[0] + 0.005, 0.0)), (0.011, 0.010), wood)
        pen.disc(hand, 0.024, wear.skin)
    if "cane" in build.gear:
        pen.limb(((hand[0] - 0.02, hand[1] + 0.03), (hand[0] + 0.05, 0.0)), (0.010, 0.008), wood)
        pen.limb(((hand[0] - 0.02, hand[1] + 0.03), (hand[0] + 0.03, hand[1] + 0.045)), (0.011, 0.009), wood)
    if "sword" in build.gear:
        tip = _step(hand, pose.near_arm[1] + 34, 0.46)
        pen.limb((hand, tip), (0.016, 0.006), np.clip(wear.skin * np.float32(0.2) + np.float32(0.75) * wear.skin.max(), 0, 1))
        guard = _step(hand, pose.near_arm[1] + 34, 0.05)
        pen.limb(
            (_step(guard, pose.near_arm[1] + 124, 0.05), _step(guard, pose.near_arm[1] - 56, 0.05)), (0.011, 0.011), wear.accent
        )
