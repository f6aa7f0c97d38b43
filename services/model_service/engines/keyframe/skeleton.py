"""The figure's skeleton: joints in space from a pose, turned to the viewer and projected.

Lengths are shares of a grown-up's height. A body's own axes are `out` (away from its middle line), `up` and `forward`;
the viewer sees `x` to the right, `y` up, and `depth` towards himself. Joints bend by two-bone inverse kinematics: a hand
or foot is put where the pose wants it, and the elbow or knee follows its hint.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

from services.model_service.engines.keyframe.canvas import Point

Vector = tuple[float, float, float]


class Joint(NamedTuple):
    """Where the viewer sees a joint, and how near to him it is."""

    x: float
    y: float
    depth: float

    @property
    def point(self) -> Point:
        return self.x, self.y


@dataclass(frozen=True, slots=True)
class Body:
    """Proportions. `head` is half the head's height; `girth` widens trunk and limbs; `stoop` bends the back, in degrees."""

    height: float = 1.0
    head: float = 0.083
    hip: float = 0.465
    shoulders: float = 0.120
    hips: float = 0.076
    girth: float = 1.0
    stoop: float = 0.0

    @property
    def neck(self) -> float:
        return 0.026 * self.height

    @property
    def trunk(self) -> float:
        return self.height - self.hip - self.neck - 1.92 * self.head

    @property
    def arm(self) -> float:
        return 0.305 * self.height


def scaled(body: Body, share: float) -> Body:
    """The same proportions at another height."""
    lengths = {name: getattr(body, name) * share for name in ("height", "head", "hip", "shoulders", "hips")}
    return replace(body, **lengths)


@dataclass(frozen=True, slots=True)
class Pose:
    """A stance of a figure that faces right. Hands: (out, up, forward) from the shoulder in arm lengths. Feet: the same from
    the ground below the hips in leg lengths. Angles are degrees: `lean` of the back forward, `nod` of the head down,
    `look` of the head towards the viewer, `roll` of the whole figure backwards (90 lies on the back).
    """

    near_hand: Vector = (0.14, -0.97, 0.02)
    far_hand: Vector = (0.14, -0.97, 0.02)
    near_foot: Vector = (0.13, 0.0, 0.02)
    far_foot: Vector = (0.13, 0.0, -0.02)
    pelvis: float = 0.985
    shift: float = 0.0
    lean: float = 0.0
    nod: float = 0.0
    look: float = 0.0
    cock: float = 0.0
    roll: float = 0.0
    elbows: Vector = (0.5, -0.4, -1.0)
    knees: Vector = (0.12, 0.0, 1.0)
    lift: float = 0.0


@dataclass(frozen=True, slots=True)
class Limb:
    """Root, bend and end of an arm or a leg."""

    root: Joint
    bend: Joint
    end: Joint


@dataclass(frozen=True, slots=True)
class Skeleton:
    """What there is to draw around. `toes` belong to `legs`; near limbs come first in every pair."""

    body: Body
    pose: Pose
    yaw: float
    pelvis: Joint
    neck: Joint
    head: Joint
    arms: tuple[Limb, Limb]
    legs: tuple[Limb, Limb]
    toes: tuple[Joint, Joint]
    nod: float
    turn: float
    cock: float

    @property
    def across(self) -> float:
        """How much of the body's breadth the viewer sees, 0 (profile) to 1 (front or back)."""
        return abs(math.cos(math.radians(self.yaw)))

    def breadth(self, wide: float, deep: float) -> float:
        """Half the width seen of an oval cross-section of the half-axes `wide` and `deep`."""
        return math.hypot(wide * math.cos(math.radians(self.yaw)), deep * math.sin(math.radians(self.yaw)))


_CAMERA_HEIGHT = 0.10


def solve(body: Body, pose: Pose, yaw: float) -> Skeleton:
    """Joints of the pose. `yaw`: 0 faces the viewer, 90 faces right, 180 shows the back."""
    turn, roll = math.radians(yaw), math.radians(pose.roll)
    hip = _stride(body, pose) if pose.pelvis > 0.93 else body.hip * pose.pelvis
    root = (0.0, hip, pose.shift * body.hip)

    def seen(p: Vector) -> Joint:
        x = p[0] * math.cos(turn) + p[2] * math.sin(turn)
        depth = p[2] * math.cos(turn) - p[0] * math.sin(turn)
        y = p[1] - _CAMERA_HEIGHT * depth
        if roll:  # lying: what was the height of the hips is now that of the back
            dx, dy = x, y - hip
            x, y = dx * math.cos(roll) - dy * math.sin(roll), hip + dx * math.sin(roll) + dy * math.cos(roll)
        return Joint(x, y + rise, depth)

    rise = pose.lift + (0.085 - hip if roll else 0.0)
    lean = math.radians(pose.lean + body.stoop)
    spine = (0.0, math.cos(lean), math.sin(lean))
    neck = _add(root, spine, body.trunk)
    bent = math.radians(pose.lean * 0.55 + body.stoop * 1.5 + pose.nod * 0.35)
    head = _add(neck, (0.0, math.cos(bent), math.sin(bent)), body.neck + body.head * 0.95)
    arms, legs, toes = [], [], []
    for side, hand, foot in ((-1.0, pose.near_hand, pose.near_foot), (1.0, pose.far_hand, pose.far_foot)):
        shoulder = _add(_add(neck, spine, -0.040 * body.height), (side, 0.0, 0.0), body.shoulders * 0.88)
        reach = body.arm
        wrist = (shoulder[0] + side * hand[0] * reach, shoulder[1] + hand[1] * reach, shoulder[2] + hand[2] * reach)
        hint = (side * pose.elbows[0], pose.elbows[1], pose.elbows[2])
        elbow, wrist = _bend(shoulder, wrist, reach * 0.52, reach * 0.48, hint)
        arms.append(Limb(seen(shoulder), seen(elbow), seen(wrist)))
        socket = (side * body.hips * 0.52, hip, root[2])
        ankle_rest = 0.035 * body.height
        length = body.hip - ankle_rest
        ankle = (side * foot[0] * body.hip, ankle_rest + foot[1] * body.hip, foot[2] * body.hip)
        knee_hint = (side * pose.knees[0], pose.knees[1], pose.knees[2])
        knee, ankle = _bend(socket, ankle, length * 0.505, length * 0.505, knee_hint)
        legs.append(Limb(seen(socket), seen(knee), seen(ankle)))
        pitch = _foot_pitch(knee, ankle, ankle_rest)
        size = 0.088 * (0.35 + 0.65 * body.height)
        toe = (
            ankle[0] + side * size * 0.22,
            ankle[1] - 0.012 * body.height - size * math.sin(pitch),
            ankle[2] + size * math.cos(pitch),
        )
        toes.append(seen(toe))
    return Skeleton(
        body,
        pose,
        yaw,
        seen(root),
        seen(neck),
        seen(head),
        (arms[0], arms[1]),
        (legs[0], legs[1]),
        (toes[0], toes[1]),
        nod=pose.nod + pose.lean * 0.25,
        turn=yaw - pose.look,
        cock=pose.roll + pose.cock,
    )


def _stride(body: Body, pose: Pose) -> float:
    """The height of the hips at which the leg that reaches farthest along the ground is straight."""
    rest = 0.035 * body.height
    length = (body.hip - rest) * 1.005
    apart = [
        math.hypot(foot[0] * body.hip - body.hips * 0.52, (foot[2] - pose.shift) * body.hip)
        for foot in (pose.near_foot, pose.far_foot)
        if foot[1] < 0.03
    ]
    return rest + math.sqrt(max(length**2 - max(apart, default=0.0) ** 2, (length * 0.5) ** 2))


def _foot_pitch(knee: Vector, ankle: Vector, rest: float) -> float:
    """How far the toes hang, in radians: flat on the ground, pointed along the shin when lifted."""
    raised = min(max((ankle[1] - rest) / 0.12, 0.0), 1.0)
    shin = math.atan2(knee[1] - ankle[1], ankle[2] - knee[2])
    return raised * (shin - math.pi / 2 + 0.35)


def _add(a: Vector, way: Vector, length: float) -> Vector:
    return a[0] + way[0] * length, a[1] + way[1] * length, a[2] + way[2] * length


def _bend(root: Vector, end: Vector, first: float, second: float, hint: Vector) -> tuple[Vector, Vector]:
    """The middle joint towards `hint`, and the end, drawn in where it is out of reach (two-bone inverse kinematics)."""
    dx, dy, dz = (end[i] - root[i] for i in range(3))
    away = max(math.sqrt(dx * dx + dy * dy + dz * dz), 1e-6)
    way = (dx / away, dy / away, dz / away)
    reach = min(max(away, abs(first - second) + 1e-4), (first + second) * 0.999)
    end = _add(root, way, reach)
    foot = (first * first - second * second + reach * reach) / (2 * reach)
    rise = math.sqrt(max(first * first - foot * foot, 0.0))
    dot = sum(way[i] * hint[i] for i in range(3))
    side = (hint[0] - dot * way[0], hint[1] - dot * way[1], hint[2] - dot * way[2])
    size = max(math.sqrt(sum(s * s for s in side)), 1e-6)
    middle = _add(_add(root, way, foot), (side[0] / size, side[1] / size, side[2] / size), rise)
    return middle, end
