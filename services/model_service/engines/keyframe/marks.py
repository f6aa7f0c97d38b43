"""Marks: where each person of a group stands, and how much room they take."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.model_service.engines.keyframe.casting import Figure
from services.model_service.engines.keyframe.costumes import costume_of
from services.model_service.engines.keyframe.people import Act
from services.model_service.engines.keyframe.stage import Stage


@dataclass(frozen=True, slots=True)
class Mark:
    """Where one person stands: `x` from the group's middle and `back` behind its line, in grown-ups' heights. `holds` lays
    the near arm over whoever stands before; `rides` is carried by another, with the feet `up` above the ground;
    `pet` is an animal in its arms.
    """

    figure: Figure
    act: Act
    x: float
    facing: int = 1
    back: float = 0.0
    holds: bool = False
    rides: bool = False
    up: float = 0.0
    pet: Figure | None = None


_ABOVE = {"umbrella": 0.40, "balloon": 0.34}
"""How far what is held over the head rises above it, in shares of the holder's height."""


def span(stage: Stage, marks: Sequence[Mark]) -> tuple[float, float]:
    """The columns that a group takes around its middle, in grown-ups' heights."""
    lefts, rights = [], []
    for mark in marks:
        body = costume_of(mark.figure, ancient=stage.scene.ancient).body
        half = body.shoulders * 1.5 + (0.16 if mark.act.pose.roll == 0 else 0.45 * body.height)
        lefts.append(mark.x - half)
        rights.append(mark.x + half)
    return min(lefts), max(rights)


def stature(stage: Stage, mark: Mark) -> float:
    """How high the figure reaches as it is posed, in grown-ups' heights."""
    body, pose = costume_of(mark.figure, ancient=stage.scene.ancient).body, mark.act.pose
    if mark.rides and pose.roll:
        return mark.up + 0.7 * body.height
    if pose.roll:
        return 0.85 * body.height  # a framing is meant for somebody upright
    above = _ABOVE.get(mark.act.far, 0.0) * body.height
    return body.height - body.hip * max(1 - pose.pelvis, 0.0) + pose.lift + mark.up + above
