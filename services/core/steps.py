"""What an operation's steps have come to, read off its stored timeline: nothing more is kept of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.core.model import Operation, OperationEvent, OperationStatus
from services.core.remarks import Remarks


class StepStatus(StrEnum):
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    """Its attempt ended before it did; the next attempt begins it again, under the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    """One step of an operation: `shot_id` is empty where it is about no one shot, `key` names the artifact that it makes.

    `seconds` is what the engine took, `remarks` what it says of the result; `reason` says why the step failed, where it did.
    """

    kind: str
    shot_id: str
    key: str
    status: StepStatus
    started_at: datetime
    finished_at: datetime | None = None
    seconds: float | None = None
    engine: str = ""
    reason: str = ""
    remarks: Remarks = field(default_factory=Remarks)


def steps(operation: Operation, timeline: Iterable[OperationEvent]) -> tuple[StepState, ...]:
    """The operation's steps in the order in which they first began; a step that was tried again is as its last try is."""
    found: dict[str, StepState] = {}
    for event in timeline:
        key = str(event.data.get("key", ""))
        match event.kind:
            case "started":
                _stop(found, event.at)
            case "step_started":
                found[key] = StepState(
                    kind=str(event.data["step"]),
                    shot_id=str(event.data.get("shot_id") or ""),
                    key=key,
                    status=StepStatus.RUNNING,
                    started_at=event.at,
                )
            case "step_finished" if key in found:
                found[key] = replace(
                    found[key],
                    status=StepStatus.SUCCEEDED,
                    finished_at=event.at,
                    seconds=event.data.get("seconds"),
                    engine=str(event.data.get("engine", "")),
                    remarks=Remarks.of(event.data),
                )
            case "step_failed" if key in found:
                reason = str(event.data.get("reason", ""))
                found[key] = replace(found[key], status=StepStatus.FAILED, finished_at=event.at, reason=reason)
            case _:
                pass  # says nothing of a step
    if operation.status is not OperationStatus.RUNNING:
        _stop(found, operation.updated_at)
    return tuple(found.values())


def _stop(found: dict[str, StepState], at: datetime) -> None:
    """What an attempt left running when it ended runs no more."""
    for key, step in found.items():
        if step.status is StepStatus.RUNNING:
            found[key] = replace(step, status=StepStatus.STOPPED, finished_at=at)
