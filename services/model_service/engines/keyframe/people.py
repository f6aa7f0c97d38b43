"""People: a jointed figure in profile with clothes, hair and gear by kind, in the poses that stories ask for."""

import numpy as np

from services.model_service.engines.keyframe import attire
from services.model_service.engines.keyframe.attire import BUILDS, Build, Wardrobe
from services.model_service.engines.keyframe.canvas import Array, Point, mix
from services.model_service.engines.keyframe.poses import POSES, Pose, step
from services.model_service.engines.keyframe.scene import Figure
from services.model_service.engines.keyframe.sprites import Pen
from services.model_service.engines.keyframe.stage import Stage


def draw_person(stage: Stage, figure: Figure, pose_name: str, size: float, rng: np.random.Generator) -> Pen:
    """The person facing right; `size` is a grown-up's height in pixels."""
    build, pose = BUILDS[figure.tag], POSES[pose_name]
    scale = size * build.height
    pen = Pen(scale, left=0.62, right=0.72, top=1.22)
    wear = attire.dress(stage, figure, build, rng)
    lean = pose.lean + build.stoop * 130
    hip: Point = (0.0, 0.13 if pose.seated else build.hip)
    trunk = 0.80 - 0.50 if build.head < 0.08 else 0.28
    shoulder = step(hip, 180 - lean, trunk)
    head_at = step(shoulder, 180 - lean - pose.head * 0.4 - build.stoop * 120, build.head * 1.62)
    thigh, shin = hip[1] * 0.52 if not pose.seated else build.hip * 0.52, (hip[1] if not pose.seated else build.hip) * 0.50
    arm = trunk * 0.56
    if "cape" in build.gear:
        attire.cape(pen, wear, shoulder, hip, pose)
    _arm(pen, shoulder, pose.far_arm, arm, wear.shade, wear.skin)
    _leg(pen, hip, pose.far_leg, thigh, shin, wear.legs * np.float32(0.72), wear.boots * np.float32(0.75))
    if "backpack" in build.gear:
        attire.backpack(pen, wear, shoulder, hip)
    _leg(pen, hip, pose.near_leg, thigh, shin, wear.legs, wear.boots)
    _garment(pen, build, pose, wear, shoulder, hip, thigh)
    attire.head(pen, build, wear, head_at, pose.head, stage)
    if "scarf" in build.gear or figure.accent or "shawl" in build.gear:
        attire.scarf(pen, wear, shoulder, build)
    umbrella = "umbrella" in stage.scene.props and pose_name in {"walking", "standing", "looking up"}
    leaning = "staff" in build.gear and pose_name in {"standing", "looking up"}
    near_arm = (38, 150) if umbrella else (24, 52) if leaning else pose.near_arm
    hand = _arm(pen, shoulder, near_arm, arm, wear.outer * np.float32(1.06), wear.skin)
    attire.gear(pen, build, pose, wear, hand, umbrella=umbrella)
    return pen


def _leg(pen: Pen, hip: Point, angles: tuple[float, float], thigh: float, shin: float, cloth: Array, boot: Array) -> None:
    knee = step(hip, angles[0], thigh)
    ankle = step(knee, angles[1], shin)
    pen.limb((hip, knee, ankle), (0.058, 0.043, 0.032), cloth)
    pitch = np.clip(angles[1] * 0.6, -40, 10)
    toe = step(ankle, 90 + float(pitch), 0.075)
    mid = step(ankle, angles[1] + 180, shin * 0.30)
    pen.limb((mid, ankle), (0.041, 0.036), boot)
    pen.limb((ankle, toe), (0.033, 0.021), boot)


def _arm(pen: Pen, shoulder: Point, angles: tuple[float, float], length: float, cloth: Array, skin: Array) -> Point:
    start = (shoulder[0], shoulder[1] - 0.030)
    elbow = step(start, angles[0], length)
    hand = step(elbow, angles[1], length * 0.92)
    pen.disc(step(hand, angles[1], 0.012), 0.024, skin)
    pen.limb((start, elbow, hand), (0.042, 0.035, 0.028), cloth)
    return hand


def _garment(pen: Pen, build: Build, pose: Pose, wear: Wardrobe, shoulder: Point, hip: Point, thigh: float) -> None:
    """The trunk: a coat to mid-thigh, a dress to the shin, a jacket, or armour with a skirt."""
    sx, sy = shoulder
    hx, hy = hip
    wide = 0.075 if build.head < 0.08 else 0.085
    spread = abs(pose.near_leg[0] - pose.far_leg[0]) / 60
    length = {"coat": 0.17, "dress": 0.31, "jacket": 0.05, "armour": 0.14}[build.garment]
    flare = {"coat": 0.055, "dress": 0.115, "jacket": 0.012, "armour": 0.06}[build.garment] + 0.07 * spread
    if pose.seated:
        knee = step(hip, pose.near_leg[0] - 8, thigh)
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
