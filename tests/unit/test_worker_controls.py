"""What a worker does with its owner's wishes: it pauses, resumes and tries again over the twins."""

import re
from dataclasses import replace
from pathlib import Path

from services.adapters.memory.models import Scripted, plain
from services.core.commands import Terms
from services.core.errors import EngineFailed, Unavailable
from services.core.model import Operation, OperationEvent, OperationStatus, ShotStatus, StoryStatus
from services.core.requests import Request
from tests.builders import ALICE
from tests.contract.store_steps import story_command
from tests.fixtures.worker import TwinStage

TIMELINE = Path(__file__).parents[2] / "docs" / "operations" / "timeline.md"
DESCRIBED = set(re.findall(r"(?m)^\| `(\w+)` \|", TIMELINE.read_text(encoding="utf-8")))


async def timeline(stage: TwinStage, operation: Operation) -> tuple[OperationEvent, ...]:
    return await stage.store.events(ALICE, operation.id)


async def test_a_pause_reaches_the_model_and_a_resume_goes_on_with_what_was_made(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker():
        await stage.seen(operation.id, "storyboard_landed")
        await stage.stories.pause(ALICE, operation.id)
        await stage.seen(operation.id, "paused")
        paused = await stage.store.operation(ALICE, operation.id)
        assert (paused.status, paused.worker, paused.failures, paused.losses) == (OperationStatus.PAUSED, "", 0, 0)
        assert stage.models.abandoned
        assert (await stage.store.story(ALICE, operation.story_id)).status is StoryStatus.GENERATING

        gate.set()
        await stage.stories.resume(ALICE, operation.id)
        ended = await stage.ended(operation)
    assert (ended.status, ended.attempt) == (OperationStatus.SUCCEEDED, 2)
    assert stage.models.runs == {"storyboard": 1, "keyframe": 5}
    told = [event.kind for event in await timeline(stage, operation)]
    assert set(told) <= DESCRIBED
    assert [kind for kind in told if "step" not in kind and "landed" not in kind] == [
        "queued",
        "started",
        "pause_requested",
        "paused",
        "resumed",
        "started",
        "succeeded",
    ]


async def test_what_waits_behind_a_paused_operation_starts_at_once(stage: TwinStage) -> None:
    async with stage.worker(worker_poll_seconds=600.0, worker_sweep_seconds=600.0):
        created = await stage.ended(await stage.create())
        gate = stage.models.hold("clip")
        first, second = [await stage.compile(created.story_id) for _ in range(2)]
        await stage.seen(first.id, "step_started")
        await stage.stories.pause(ALICE, first.id)
        await stage.seen(second.id, "step_started")
        gate.set()
        assert (await stage.ended(second)).status is OperationStatus.SUCCEEDED
        await stage.stories.resume(ALICE, first.id)
        assert (await stage.ended(first)).status is OperationStatus.SUCCEEDED


async def test_a_failed_operation_is_tried_again_from_the_failed_step(stage: TwinStage) -> None:
    stage.models.fail_next("keyframe", EngineFailed("ENGINE_FAILED", engine="painter", problem="no paint"))
    operation = await stage.create()
    async with stage.worker():
        failed = await stage.ended(operation)
        assert (failed.status, failed.retries) == (OperationStatus.FAILED, 0)
        made = stage.models.runs["keyframe"]
        stage.news.clear()
        await stage.stories.retry(ALICE, operation.id)
        ended = await stage.ended(operation)
    assert (ended.status, ended.failure, ended.attempt, ended.failures) == (OperationStatus.SUCCEEDED, None, 2, 0)
    assert stage.models.runs == {"storyboard": 1, "keyframe": 5}
    assert made < 5
    shots = await stage.store.shots(ALICE, operation.story_id)
    assert {shot.status for shot in shots} == {ShotStatus.DONE}
    assert (await stage.store.story(ALICE, operation.story_id)).status is StoryStatus.READY


async def test_an_operation_past_its_deadline_is_stopped_wherever_it_is(stage: TwinStage) -> None:
    stage.models.hold("storyboard")
    async with stage.worker():
        command = replace(story_command(), terms=Terms(cancel_after=0.1))
        operation = (await stage.stories.create(ALICE, command)).operation
        ended = await stage.ended(operation)
    assert (ended.status, ended.stop_reason) == (OperationStatus.CANCELLED, "DEADLINE_EXCEEDED")
    assert stage.models.abandoned
    asked, cancelled = (await timeline(stage, operation))[-2:]
    assert (asked.kind, cancelled.kind) == ("cancel_requested", "cancelled")
    assert asked.data == cancelled.data == {"reason": "DEADLINE_EXCEEDED"}


async def test_a_timeline_tells_of_every_step_and_of_every_retry(stage: TwinStage) -> None:
    stage.models.fail_next("keyframe", Unavailable("MODEL_UNAVAILABLE", service="keyframes"))
    operation = await stage.create(shots=1)
    async with stage.worker():
        await stage.ended(operation)

    events = await timeline(stage, operation)

    assert {event.kind for event in events} <= DESCRIBED
    started = [event.data for event in events if event.kind == "started"]
    assert started == [{"attempt": attempt, "worker": "story-worker/one"} for attempt in (1, 2)]
    retrying = next(event for event in events if event.kind == "retrying")
    assert retrying.data["failure"]["reason"] == "MODEL_UNAVAILABLE"
    assert 0 <= retrying.data["delay"] <= stage.settings().worker_retry_cap_seconds
    failed = next(event for event in events if event.kind == "step_failed")
    finished = next(event for event in events if event.kind == "step_finished" and event.data["step"] == "keyframe")
    assert failed.data["key"] == finished.data["key"]
    kept = (await stage.store.artifacts([finished.data["key"]]))[finished.data["key"]]
    assert (finished.data["seconds"], finished.data["engine"]) == (kept.seconds, kept.engine.name)
    assert not {"changed", "made_by", "passed_over", "usage"} & set(finished.data)
    begun = [event.data["key"] for event in events if event.kind == "step_started"]
    over = [event.data["key"] for event in events if event.kind in {"step_finished", "step_failed"}]
    assert begun == over


async def test_a_timeline_tells_what_an_engine_changed_and_who_made_it(stage: TwinStage) -> None:
    remarks = {"changed": ["seed: not sent"], "made_by": "b", "passed_over": ["a: away"], "usage": {"total_tokens": 12}}

    def script(request: Request) -> Scripted:
        made = plain(request)
        return Scripted(made.parts, {**made.meta, **remarks, "model": "m"})

    stage.models.script("keyframe", script)
    operation = await stage.create(shots=1)
    async with stage.worker():
        await stage.ended(operation)
    (data,) = [event.data for event in await timeline(stage, operation) if event.kind == "step_finished" and "usage" in event.data]
    assert {name: value for name, value in data.items() if name in remarks} == remarks
    assert set(data) == {"step", "shot_id", "key", "seconds", "engine", *remarks}
