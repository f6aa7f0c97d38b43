"""The steps of an operation, read off its timeline."""

from datetime import timedelta
from typing import Any

from services.core.model import Operation, OperationEvent, OperationStatus, OperationType
from services.core.steps import StepStatus, steps
from tests.builders import NOW, operation, story

KEYFRAME = {"step": "keyframe", "shot_id": "s1", "key": "k1"}
SPEECH = {"step": "speech", "shot_id": "s1", "key": "k2"}
FILM = {"step": "film", "shot_id": None, "key": "k3"}


def timeline(of: Operation, *told: tuple[str, dict[str, Any]]) -> list[OperationEvent]:
    """One event a second."""
    return [
        OperationEvent(of.id, of.user_id, of.story_id, seq, NOW + timedelta(seconds=seq), kind, data)
        for seq, (kind, data) in enumerate(told, start=1)
    ]


def test_steps_are_as_their_last_events_say() -> None:
    row = operation(story(), OperationType.VIDEO_RENDER)
    told = timeline(
        row,
        ("queued", {}),
        ("started", {"attempt": 1}),
        ("step_started", KEYFRAME),
        ("step_started", SPEECH),
        ("step_finished", KEYFRAME | {"seconds": 2.5, "engine": "painter"}),
        ("shot_landed", {"shot_id": "s1"}),
        ("step_failed", SPEECH | {"reason": "MODEL_BUSY", "retryable": True}),
        ("step_started", FILM),
    )
    keyframe, speech, film = steps(row, told)
    assert (keyframe.kind, keyframe.shot_id, keyframe.status) == ("keyframe", "s1", StepStatus.SUCCEEDED)
    assert (keyframe.seconds, keyframe.engine, keyframe.reason) == (2.5, "painter", "")
    assert (keyframe.started_at, keyframe.finished_at) == (told[2].at, told[4].at)
    assert (speech.status, speech.reason, speech.seconds) == (StepStatus.FAILED, "MODEL_BUSY", None)
    assert (film.status, film.shot_id, film.finished_at) == (StepStatus.RUNNING, "", None)


def test_what_an_attempt_left_running_stopped_with_it_and_begins_again() -> None:
    row = operation(story(), OperationType.VIDEO_RENDER)
    first = [("started", {}), ("step_started", KEYFRAME), ("step_started", SPEECH), ("lease_expired", {}), ("started", {})]
    assert [step.status for step in steps(row, timeline(row, *first))] == [StepStatus.STOPPED, StepStatus.STOPPED]
    second = timeline(row, *first, ("step_started", SPEECH))
    keyframe, speech = steps(row, second)
    assert (keyframe.status, keyframe.finished_at) == (StepStatus.STOPPED, second[4].at)
    assert (speech.status, speech.started_at) == (StepStatus.RUNNING, second[5].at)


def test_nothing_runs_of_an_operation_that_does_not() -> None:
    for status in set(OperationStatus) - {OperationStatus.RUNNING}:
        row = operation(story(), OperationType.VIDEO_RENDER, status=status)
        (step,) = steps(row, timeline(row, ("started", {}), ("step_started", FILM)))
        assert (step.status, step.finished_at) == (StepStatus.STOPPED, row.updated_at)
