"""The state machines, each as one table. SQL guards, docs and tests read these tables; nothing else decides a transition."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from services.core.model import Operation, OperationType, ShotStatus, StoryStatus
from services.core.model import OperationStatus as Op

S = TypeVar("S", bound=Enum)

OPERATION: Mapping[Op, frozenset[Op]] = {
    # Waits for a worker; announced on Kafka, or found by the slow poll.
    Op.QUEUED: frozenset({Op.RUNNING, Op.PAUSED, Op.CANCELLED, Op.FAILED}),
    # A worker holds the lease and heartbeats it. Back to queued: retry, expired lease, or the worker drains.
    Op.RUNNING: frozenset({Op.QUEUED, Op.PAUSED, Op.SUCCEEDED, Op.FAILED, Op.CANCELLED}),
    # Put aside by its owner; nothing runs, and only behind a creation does anything wait.
    Op.PAUSED: frozenset({Op.QUEUED, Op.CANCELLED}),
    # Terminal, these three: `finished_at` is set exactly here. Only its owner's wish to try again leads out of one.
    Op.SUCCEEDED: frozenset(),
    Op.FAILED: frozenset({Op.QUEUED}),
    Op.CANCELLED: frozenset({Op.QUEUED}),
}

STORY: Mapping[StoryStatus, frozenset[StoryStatus]] = {
    # An operation that writes the storyboard or the film has begun and not ended: it may wait for another attempt, or be paused.
    StoryStatus.GENERATING: frozenset({StoryStatus.READY, StoryStatus.FAILED}),
    # Its shots can be looked at, edited and compiled.
    StoryStatus.READY: frozenset({StoryStatus.GENERATING}),
    # The last operation on it failed, or was cancelled before there were shots.
    StoryStatus.FAILED: frozenset({StoryStatus.GENERATING}),
}

SHOT: Mapping[ShotStatus, frozenset[ShotStatus]] = {
    # Has its text, and waits for its picture.
    ShotStatus.PENDING: frozenset({ShotStatus.GENERATING, ShotStatus.DONE, ShotStatus.FAILED}),
    # An operation that makes something of it has begun and not ended.
    ShotStatus.GENERATING: frozenset({ShotStatus.DONE, ShotStatus.FAILED, ShotStatus.PENDING}),
    # Has what it should have: at least its picture.
    ShotStatus.DONE: frozenset({ShotStatus.GENERATING}),
    # The last operation on it failed; what it had before is still there. A compile makes the picture that it lacks, and
    # ends the failure when it succeeds.
    ShotStatus.FAILED: frozenset({ShotStatus.GENERATING, ShotStatus.DONE}),
}

MOST_LOSSES = 5
"""So many attempts may be lost with their workers; then the operation fails, for it may be what kills them."""

TERMINAL: frozenset[Op] = frozenset({Op.SUCCEEDED, Op.FAILED, Op.CANCELLED})


def sources(table: Mapping[S, frozenset[S]], target: S) -> tuple[S, ...]:
    """The states from which `target` may be entered, in the table's order: the guard of an UPDATE."""
    return tuple(state for state, targets in table.items() if target in targets)


def conflicts(a: OperationType, b: OperationType, *, same_shot: bool) -> bool:
    """Whether two operations on one story would write the same thing, so that the later one waits.

    A story's creation writes all of it. Two compiles write one film. Two regenerates meet only on one shot.
    A compile works on the shots as they were when it started, so a regenerate may run beside it.
    """
    if OperationType.STORY_CREATE in (a, b):
        return True
    if a is b is OperationType.VIDEO_RENDER:
        return True
    return a is b is OperationType.SHOT_REGEN and same_shot


def keeps_its_place(operation: Operation) -> bool:
    """Whether a later operation that conflicts with this one waits, though it does not run.

    A paused operation lets others pass, except a creation: they need the shots that it has yet to make.
    """
    paused_creation = operation.status is Op.PAUSED and operation.type is OperationType.STORY_CREATE
    return operation.status is Op.QUEUED or paused_creation
