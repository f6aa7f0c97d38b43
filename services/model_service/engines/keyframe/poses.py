"""The poses of people."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from services.model_service.engines.keyframe.canvas import Point


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
    "hugging": Pose((4, 2), (-6, -8), (48, 88), (66, 104), 5.0, 8.0),
}


def step(origin: Point, angle: float, length: float) -> Point:
    """The point `length` away from `origin` at `angle` degrees from straight down, forward positive."""
    turn = math.radians(angle)
    return origin[0] + math.sin(turn) * length, origin[1] - math.cos(turn) * length
