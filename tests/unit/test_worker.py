"""The worker over the twins: what it makes, and what it does when things go wrong."""

from collections import Counter

import pytest

from services.adapters.memory.models import Scripted, plain
from services.core import codec
from services.core.commands import PatchShot
from services.core.errors import EngineFailed, Unavailable
from services.core.model import AssetType, Engine, Operation, OperationStatus, ShotDraft, ShotStatus, StoryStatus
from services.core.requests import Request, Service
from tests.builders import ALICE
from tests.fixtures.worker import Deaf, TwinStage


async def kinds(stage: TwinStage, operation: Operation) -> Counter[str]:
    return Counter(event.kind for event in await stage.store.events(ALICE, operation.id))


async def test_a_story_gets_its_shots_and_their_pictures(stage: TwinStage) -> None:
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.worker == "story-worker/one"
    assert ended.retries == 0
    assert stage.models.runs == {"storyboard": 1, "keyframe": 5}
    shots = await stage.store.shots(ALICE, operation.story_id)
    assert [shot.sequence for shot in shots] == [1, 2, 3, 4, 5]
    assert all(shot.status is ShotStatus.DONE and shot.keyframe for shot in shots)
    assert (await stage.store.story(ALICE, operation.story_id)).status is StoryStatus.READY
    seen = await kinds(stage, operation)
    assert seen["storyboard_landed"] == 1
    assert seen["shot_landed"] == 5
    assert seen["step_started"] == seen["step_finished"] == 6


async def test_the_shots_are_there_before_their_pictures(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker():
        await stage.seen(operation.id, "storyboard_landed")
        shots = await stage.store.shots(ALICE, operation.story_id)
        assert [shot.keyframe for shot in shots] == [None] * 5
        gate.set()
        await stage.ended(operation)


async def test_a_compile_gives_a_film_and_a_second_one_makes_nothing(stage: TwinStage) -> None:
    async with stage.worker():
        operation = await stage.create()
        await stage.ended(operation)
        await stage.ended(await stage.compile(operation.story_id))
        story = await stage.store.story(ALICE, operation.story_id)
        assert story.film is not None
        assert story.film.duration > 0
        assert not story.film_stale
        before = stage.models.runs.copy()
        again = await stage.ended(await stage.compile(operation.story_id))
    assert again.status is OperationStatus.SUCCEEDED
    assert stage.models.runs == before


async def test_an_edited_shot_makes_the_film_stale_and_only_its_own_parts_are_made_again(stage: TwinStage) -> None:
    async with stage.worker():
        operation = await stage.create()
        await stage.ended(operation)
        await stage.ended(await stage.compile(operation.story_id))
        third = (await stage.store.shots(ALICE, operation.story_id))[2]
        await stage.store.patch_shot(ALICE, operation.story_id, third.id, PatchShot(details="改为夜晚星空场景"))
        assert (await stage.store.story(ALICE, operation.story_id)).film_stale
        before = stage.models.runs.copy()
        await stage.ended(await stage.compile(operation.story_id))
    assert stage.models.runs - before == {"keyframe": 1, "clip": 1, "segment": 1, "film": 1}
    assert not (await stage.store.story(ALICE, operation.story_id)).film_stale


async def test_a_broken_model_is_tried_again_and_what_was_made_is_kept(stage: TwinStage) -> None:
    stage.models.fail_next("keyframe", Unavailable("MODEL_UNAVAILABLE", service="keyframes"))
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.retries == 1
    assert stage.models.runs == {"storyboard": 1, "keyframe": 5}
    assert (await kinds(stage, operation))["retrying"] == 1


async def test_a_model_that_stays_broken_fails_the_operation_and_its_story_with_a_clear_reason(stage: TwinStage) -> None:
    stage.models.fail_next("storyboard", *[Unavailable("ENGINE_UPSTREAM", engine="llm", problem="502")] * 3)
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.FAILED
    assert ended.retries == 2
    assert ended.failure is not None
    assert ended.failure.reason == "ENGINE_UPSTREAM"
    assert "请稍后再试" in ended.failure.message
    assert (await stage.store.story(ALICE, operation.story_id)).status is StoryStatus.FAILED


async def test_a_lasting_error_is_not_tried_again(stage: TwinStage) -> None:
    stage.models.fail_next("storyboard", EngineFailed("ENGINE_FAILED", engine="llm", problem="bad weights"))
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert (ended.status, ended.retries) == (OperationStatus.FAILED, 0)


async def test_a_crash_of_the_workers_own_code_ends_the_operation_and_not_the_worker(stage: TwinStage) -> None:
    stage.models.script("storyboard", lambda _: Scripted(meta={"storyboard": "not a storyboard"}))
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
        assert ended.status is OperationStatus.FAILED
        assert ended.failure is not None
        assert ended.failure.reason == "INTERNAL"
        stage.models.script("storyboard", plain)
        assert (await stage.ended(await stage.create("另一个故事"))).status is OperationStatus.SUCCEEDED


async def test_a_cancel_reaches_the_model_and_ends_the_operation(stage: TwinStage) -> None:
    stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker():
        await stage.seen(operation.id, "storyboard_landed")
        await stage.stories.cancel(ALICE, operation.id)
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.CANCELLED
    assert stage.models.abandoned
    assert stage.models.runs["keyframe"] == 0
    assert (await stage.store.story(ALICE, operation.story_id)).status is StoryStatus.FAILED


async def test_a_worker_told_to_stop_gives_back_what_it_cannot_finish(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker() as stop:
        await stage.seen(operation.id, "storyboard_landed")
        stop()
    left = await stage.store.operation(ALICE, operation.id)
    assert left.status is OperationStatus.QUEUED
    gate.set()
    async with stage.worker(worker_name="two"):
        ended = await stage.ended(operation)
    assert ended.worker == "story-worker/two"
    assert stage.models.runs["storyboard"] == 1


async def test_a_worker_told_to_stop_finishes_what_it_can(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker(worker_drain_seconds=20.0) as stop:
        await stage.seen(operation.id, "storyboard_landed")
        stop()
        gate.set()
        assert (await stage.ended(operation)).status is OperationStatus.SUCCEEDED


async def test_a_worker_that_lost_its_lease_stops_and_writes_nothing(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker(worker_lease_seconds=1.5, worker_pulse_seconds=60.0):  # a worker that does not heartbeat
        await stage.seen(operation.id, "storyboard_landed")
        await stage.seen(operation.id, "lease_expired")
        gate.set()
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.attempt == 2
    assert stage.models.runs == {"storyboard": 1, "keyframe": 5}


async def test_work_flows_without_the_broker(stage: TwinStage) -> None:
    stage.wakeups = Deaf()
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert ended.status is OperationStatus.SUCCEEDED
    assert ended.announced_at is None


async def test_no_more_operations_run_at_once_than_there_are_slots(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    operations = [await stage.create(f"第{n}个故事") for n in range(6)]
    async with stage.worker(worker_slots=2):
        await stage.until(lambda: sum(event.kind == "step_started" for event in stage.news) == 2)
        statuses = Counter([(await stage.store.operation(ALICE, o.id)).status for o in operations])
        assert statuses == {OperationStatus.RUNNING: 2, OperationStatus.QUEUED: 4}
        gate.set()
        ended = [await stage.ended(operation) for operation in operations]
    assert {operation.status for operation in ended} == {OperationStatus.SUCCEEDED}


async def test_a_shot_edited_while_its_first_picture_is_made_gets_the_picture_of_what_it_says_now(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create(shots=2)
    async with stage.worker():
        await stage.seen(operation.id, "storyboard_landed")
        first = (await stage.store.shots(ALICE, operation.story_id))[0]
        await stage.store.patch_shot(ALICE, operation.story_id, first.id, PatchShot(details="极光"))
        gate.set()
        await stage.ended(operation)
    after = (await stage.store.shots(ALICE, operation.story_id))[0]
    assert after.keyframe is not None
    assert stage.models.runs["keyframe"] == 3
    assert after.details == "极光"


async def test_a_compile_asked_for_during_creation_waits_and_then_starts_at_once(stage: TwinStage) -> None:
    gate = stage.models.hold("keyframe")
    operation = await stage.create()
    async with stage.worker(worker_poll_seconds=600.0):
        await stage.seen(operation.id, "storyboard_landed")
        film = await stage.compile(operation.story_id)
        assert (await stage.store.operation(ALICE, film.id)).status is OperationStatus.QUEUED
        gate.set()
        assert (await stage.ended(film)).status is OperationStatus.SUCCEEDED
        created = await stage.store.operation(ALICE, operation.id)
        rendered = await stage.store.operation(ALICE, film.id)
    assert created.finished_at is not None
    assert rendered.started_at is not None
    assert rendered.started_at >= created.finished_at


async def test_a_compile_of_a_story_whose_creation_failed_says_that_there_are_no_shots(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    stage.models.fail_next("storyboard", EngineFailed("ENGINE_FAILED", engine="llm", problem="bad weights"))
    operation = await stage.create()
    async with stage.worker():
        await stage.seen(operation.id, "step_started")
        film = await stage.compile(operation.story_id)
        gate.set()
        ended = await stage.ended(film)
    assert ended.status is OperationStatus.FAILED
    assert ended.failure is not None
    assert ended.failure.reason == "STORY_HAS_NO_SHOTS"


async def test_an_engine_that_changes_in_between_is_planned_anew(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    operation = await stage.create()
    async with stage.worker(worker_steps=1):
        await stage.seen(operation.id, "step_started")
        stage.models.engines[Service.KEYFRAMES] = Engine("painter", "2")
        gate.set()
        ended = await stage.ended(operation)
    assert (ended.status, ended.retries) == (OperationStatus.SUCCEEDED, 0)


async def test_a_regenerate_blanks_nothing_that_the_model_did_not_return(stage: TwinStage) -> None:
    def partial(_: Request) -> Scripted:
        return Scripted(meta={"draft": codec.draft_to_json(ShotDraft(description="新的画面"))})

    stage.models.script("rewrite", partial)
    async with stage.worker():
        operation = await stage.create()
        await stage.ended(operation)
        before = (await stage.store.shots(ALICE, operation.story_id))[0]
        regen = await stage.stories.regenerate(ALICE, operation.story_id, before.id, asset_type=AssetType.TEXT)
        await stage.ended(regen.operation)
    after = await stage.store.shot(ALICE, operation.story_id, before.id)
    assert after.description == after.details == "新的画面"
    assert (after.title, after.narration, after.keyframe) == (before.title, before.narration, before.keyframe)


@pytest.mark.parametrize("kind", ["speech", "clip", "card", "segment", "transition", "soundtrack", "film"])
async def test_a_compile_resumes_where_it_broke(stage: TwinStage, kind: str) -> None:
    async with stage.worker():
        operation = await stage.create()
        await stage.ended(operation)
        stage.models.fail_next(kind, Unavailable("MODEL_UNAVAILABLE", service=kind))
        ended = await stage.ended(await stage.compile(operation.story_id))
    assert (ended.status, ended.retries) == (OperationStatus.SUCCEEDED, 1)
    shots = {"storyboard": 1, "keyframe": 5, "speech": 5, "clip": 5}
    film = {"card": 2, "segment": 7, "transition": 2, "soundtrack": 1, "film": 1}
    assert stage.models.runs == shots | film
