"""People who are drawn as one: carried in the arms or on the back, a blade on a shoulder, riders on their mount."""

import math
from collections.abc import Sequence
from dataclasses import replace

from services.model_service.engines.keyframe.bestiary import KINDS
from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import costume_of
from services.model_service.engines.keyframe.marks import Mark
from services.model_service.engines.keyframe.mounts import MOUNTS
from services.model_service.engines.keyframe.people import Act
from services.model_service.engines.keyframe.poses import POSES
from services.model_service.engines.keyframe.skeleton import Body, Pose, solve
from services.model_service.engines.keyframe.stage import Stage

_CRADLING = Pose((-0.10, -0.46, 0.62), (-0.16, -0.30, 0.70), elbows=(0.5, -1.0, -0.2))
_CRADLED = Pose(
    (-0.20, -0.52, 0.42), (0.10, -0.70, 0.30), (0.14, 0.10, 0.42), (0.12, 0.16, 0.36), pelvis=0.72, roll=66, nod=14, lean=8
)
_BEARING = Pose((0.02, -0.82, -0.10), (0.02, -0.82, -0.10), elbows=(0.4, -0.4, -1.0))
_BORNE = Pose(
    (-0.20, -0.06, 0.78),
    (-0.20, -0.04, 0.80),
    (0.26, 0.34, 0.52),
    (0.26, 0.36, 0.54),
    pelvis=0.80,
    lean=12,
    nod=4,
    knees=(0.8, 0, 1),
)
_STRETCHED = (0.0, 0.16, 0.92)
_BLADE_LENGTH = 0.50


def _body(stage: Stage, figure: Figure) -> Body:
    return costume_of(figure, ancient=stage.scene.ancient).body


def _with_arms(pose: Pose, arms: Pose, *, lean: float, nod: float = 0.0) -> Pose:
    return replace(pose, near_hand=arms.near_hand, far_hand=arms.far_hand, elbows=arms.elbows, lean=lean, nod=nod)


def in_arms(stage: Stage, carrier: Figure, passenger: Figure, act: Act) -> list[Mark]:
    """The carrier in `act`, the passenger across the arms, one of which lies over it."""
    big = _body(stage, carrier)
    bearer = replace(act, pose=_with_arms(act.pose, _CRADLING, lean=-3.0, nod=10.0), yaw=min(act.yaw, 42.0), near="", far="")
    hand = solve(big, bearer.pose, bearer.yaw).arms[0].end
    lap = Act(_CRADLED, 74.0, "asleep" if passenger.shut else "calm")
    return [
        Mark(carrier, bearer, 0.0, holds=True),
        Mark(passenger, lap, hand.x * 0.55, facing=-1, up=hand.y - 0.21 * big.height, rides=True),
    ]


def with_pet(carrier: Figure, pet: Figure, act: Act) -> list[Mark]:
    """The carrier in `act` with an animal in the arms."""
    pose = _with_arms(act.pose, _CRADLING, lean=-2.0, nod=10.0)
    bearer = replace(act, pose=pose, yaw=min(act.yaw, 42.0), near="", far="")
    return [Mark(carrier, bearer, 0.0, holds=True, pet=pet)]


def on_back(stage: Stage, carrier: Figure, passenger: Figure, act: Act) -> list[Mark]:
    """The carrier bent forward with the passenger on the back, whose arm lies over the shoulder."""
    big, small = _body(stage, carrier), _body(stage, passenger)
    bearer = replace(act, pose=_with_arms(act.pose, _BEARING, lean=max(act.pose.lean, 15.0)), yaw=70.0, near="", far="")
    sk = solve(big, bearer.pose, bearer.yaw)
    rider = Act(_BORNE, 70.0, "asleep" if passenger.shut else "happy")
    up = sk.neck.y - 0.02 - (small.hip * _BORNE.pelvis + small.trunk * 0.86)
    behind = 0.075 * big.girth + 0.060 * small.girth
    return [
        Mark(passenger, rider, sk.neck.x - behind, up=max(up, 0.0), rides=True, holds=True),
        Mark(carrier, bearer, 0.0),
    ]


def at_sword_point(stage: Stage, fencer: Figure, other: Figure, act: Act, feeling: str) -> list[Mark]:
    """The fencer's blade lies along the other's shoulder; neither moves."""
    own, his = _body(stage, fencer), _body(stage, other)
    costume = costume_of(fencer, ancient=stage.scene.ancient)
    blade = costume.hand if costume.hand in {"katana", "cutlass", "jian", "sword"} else "jian" if stage.scene.ancient else "sword"
    pose = replace(act.pose, near_hand=_STRETCHED, elbows=(0.4, -1.0, -0.2), nod=0.0)
    yaw, apart = 66.0, 0.62
    hand = solve(own, pose, yaw).arms[0].end
    still = Act(POSES["standing"][0], 40.0, "calm" if feeling == "talking" else feeling)
    shoulder = solve(his, still.pose, still.yaw).arms[1].root  # of the two, the one towards the fencer
    reach = (apart - shoulder.x + 0.05 * his.height - hand.x, shoulder.y + 0.035 * his.height - hand.y)
    aim = math.degrees(math.atan2(reach[0], reach[1]))
    return [
        Mark(other, still, apart / 2, facing=-1),
        Mark(
            fencer, Act(pose, yaw, "determined", near=blade, aim=aim, big=max(math.hypot(*reach) / _BLADE_LENGTH, 0.8)), -apart / 2
        ),
    ]


def mounted(stage: Stage, mount: Figure, riders: Sequence[Figure], feeling: str) -> list[Mark]:
    """Riders on the mount, each with its seat: `x` and `up` from the middle of the mount's foot, the foremost last."""
    kind, saddle = KINDS[mount.tag], MOUNTS[mount.tag]
    marks = []
    for index, figure in enumerate(riders):
        body = _body(stage, figure)
        pose = POSES["riding"][0]
        x = saddle.along * kind.breadth - saddle.behind * (index - 0.5 * (len(riders) - 1))
        up = saddle.up * kind.height - body.hip * pose.pelvis
        marks.append(Mark(figure, Act(pose, 78.0, "asleep" if figure.shut else feeling), x, up=up, rides=True))
    return marks[::-1]
