"""A storyboard that lands while it is written, over the twins: what is seen of it, and what a break in the middle leaves."""

import asyncio

import pytest

from services.adapters.memory.models import Scripted
from services.core import codec
from services.core.commands import PatchShot
from services.core.errors import EngineFailed, LeaseLost, Unavailable
from services.core.model import BibleEntry, Operation, OperationStatus, Shot, ShotDraft, ShotStatus, Storyboard, StoryStatus
from services.core.ports import Progress
from services.core.requests import Request
from services.story_worker.growth import Growth
from tests.builders import ALICE
from tests.fixtures.worker import TwinStage

BIBLE = (BibleEntry("character", "阿雪", "穿红斗篷的女孩"),)
AWAY = Unavailable("ENGINE_UPSTREAM", engine="llm", problem="502")


def board(*texts: str) -> Storyboard:
    return Storyboard(tuple(ShotDraft(title=text, description=text, narration=text, seconds=3.0) for text in texts), BIBLE)


def answers(stage: TwinStage, *texts: str) -> None:
    """What the storyboard will be in the end."""

    def scripted(_: Request) -> Scripted:
        return Scripted(meta={"storyboard": codec.storyboard_to_json(board(*texts))})

    stage.models.script("storyboard", scripted)


async def told(stage: TwinStage, operation: Operation, *texts: str, times: int = 1) -> None:
    """Tell the worker what is written so far; it has landed on return, as the `times`-th part."""
    await asking(stage, operation)
    stage.models.report("storyboard", Progress(0.1, "writing", board(*texts)))
    await stage.until(lambda: grown(stage, operation) >= times)


async def asking(stage: TwinStage, operation: Operation, attempt: int = 1) -> None:
    """Returns when the worker listens to the model."""
    await stage.until(
        lambda: (
            sum(e.kind == "step_started" for e in stage.news if e.operation_id == operation.id) >= attempt
            and len(stage.models.asked) >= attempt
        )
    )


def grown(stage: TwinStage, operation: Operation) -> int:
    return sum(event.kind == "storyboard_grew" for event in stage.news if event.operation_id == operation.id)


async def shots(stage: TwinStage, operation: Operation) -> tuple[Shot, ...]:
    return await stage.store.shots(ALICE, operation.story_id)


async def test_each_shot_is_there_as_soon_as_it_is_written(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    answers(stage, "一", "二", "三")
    operation = await stage.create(shots=3)
    async with stage.worker():
        await told(stage, operation, "一")
        first = await shots(stage, operation)
        assert [(shot.title, shot.status) for shot in first] == [("一", ShotStatus.PENDING)]
        story = await stage.store.story(ALICE, operation.story_id)
        assert (story.status, story.storyboard_unfinished, story.bible) == (StoryStatus.GENERATING, True, BIBLE)
        await told(stage, operation, "一", "二", times=2)
        assert [shot.title for shot in await shots(stage, operation)] == ["一", "二"]
        gate.set()
        assert (await stage.ended(operation)).status is OperationStatus.SUCCEEDED
    after = await shots(stage, operation)
    assert [shot.title for shot in after] == ["一", "二", "三"]
    assert after[0].id == first[0].id
    assert all(shot.status is ShotStatus.DONE for shot in after)
    assert not (await stage.store.story(ALICE, operation.story_id)).storyboard_unfinished
    kinds = [event.kind for event in await stage.store.events(ALICE, operation.id)]
    assert kinds[2:7] == ["step_started", "storyboard_grew", "storyboard_grew", "step_finished", "storyboard_landed"]
    assert stage.models.runs == {"storyboard": 1, "keyframe": 3}


async def test_after_a_break_half_a_storyboard_is_not_taken_for_all_of_it(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    stage.models.fail_next("storyboard", AWAY)
    answers(stage, "甲", "乙")
    operation = await stage.create()
    async with stage.worker():
        await told(stage, operation, "一", "二", "三")
        before = await shots(stage, operation)
        gate.set()
        ended = await stage.ended(operation)
    assert (ended.status, ended.retries) == (OperationStatus.SUCCEEDED, 1)
    after = await shots(stage, operation)
    assert [shot.title for shot in after] == ["甲", "乙"]
    assert [shot.id for shot in after] == [shot.id for shot in before[:2]]
    assert all(shot.keyframe for shot in after)


async def test_what_a_user_has_changed_meanwhile_is_kept(stage: TwinStage) -> None:
    gate = stage.models.hold("storyboard")
    stage.models.fail_next("storyboard", AWAY)
    answers(stage, "甲", "乙", "丙")
    operation = await stage.create()
    async with stage.worker():
        await told(stage, operation, "一", "二")
        second = (await shots(stage, operation))[1]
        await stage.store.patch_shot(ALICE, operation.story_id, second.id, PatchShot(details="极光", narration="我的话"))
        gate.set()
        await stage.ended(operation)
    after = await shots(stage, operation)
    assert [shot.title for shot in after] == ["甲", "二", "丙"]
    assert (after[1].details, after[1].narration) == ("极光", "我的话")
    assert all(shot.status is ShotStatus.DONE for shot in after)


async def test_a_killed_workers_half_storyboard_is_finished_by_the_next(stage: TwinStage) -> None:
    stage.models.hold("storyboard")
    answers(stage, "一", "二", "三")
    operation = await stage.create()
    async with stage.worker(worker_lease_seconds=1.5, worker_pulse_seconds=60.0) as stop:  # a worker that does not heartbeat
        await told(stage, operation, "一", "二")
        await stage.seen(operation.id, "lease_expired")
        await asking(stage, operation, attempt=2)
        before = await shots(stage, operation)
        assert [shot.title for shot in before] == ["一", "二"]
        stage.models.hold("storyboard").set()
        ended = await stage.ended(operation)
        stop()
    assert (ended.status, ended.attempt) == (OperationStatus.SUCCEEDED, 2)
    assert [shot.title for shot in await shots(stage, operation)] == ["一", "二", "三"]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
async def test_the_shots_of_a_storyboard_that_breaks_off_stay_to_be_seen_but_make_no_film(stage: TwinStage, end: str) -> None:
    gate = stage.models.hold("storyboard")
    stage.models.fail_next("storyboard", EngineFailed("ENGINE_FAILED", engine="llm", problem="bad weights"))
    operation = await stage.create()
    async with stage.worker():
        await told(stage, operation, "一", "二")
        film = await stage.compile(operation.story_id)
        if end == "failed":
            gate.set()
        else:
            await stage.stories.cancel(ALICE, operation.id)
        assert (await stage.ended(operation)).status == end
        refused = await stage.ended(film)
    assert refused.failure is not None
    assert refused.failure.reason == "STORYBOARD_UNFINISHED"
    story = await stage.store.story(ALICE, operation.story_id)
    assert (story.status, story.storyboard_unfinished) == (StoryStatus.FAILED, True)
    assert [(shot.title, shot.status) for shot in await shots(stage, operation)] == [
        ("一", ShotStatus.FAILED),
        ("二", ShotStatus.FAILED),
    ]


async def test_a_storyboard_without_shots_fails_its_creation(stage: TwinStage) -> None:
    answers(stage)
    operation = await stage.create()
    async with stage.worker():
        ended = await stage.ended(operation)
    assert ended.failure is not None
    assert ended.failure.reason == "ENGINE_FAILED"


# -- the landing itself --------------------------------------------------------------------------------------------------------


class Landing:
    """Notes what lands, each when `go` lets it."""

    def __init__(self, *failures: Exception | None) -> None:
        self.landed: list[int] = []
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self._failures = list(failures)

    async def __call__(self, part: Storyboard) -> None:
        self.begun.set()
        await self.go.wait()
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        self.landed.append(len(part.shots))


async def test_only_the_newest_part_lands_after_the_one_that_is_landing() -> None:
    land = Landing()
    async with Growth(land) as growth:
        growth.offer(board("一"))
        await land.begun.wait()
        for texts in (("一", "二"), ("一", "二", "三")):
            growth.offer(board(*texts))
        land.go.set()
    assert land.landed == [1, 3]


async def test_what_was_written_lands_even_when_the_rest_fails() -> None:
    land = Landing()
    land.go.set()
    growth = Growth(land)

    async def call() -> None:
        async with growth:
            growth.offer(board("一"))
            raise EngineFailed("ENGINE_FAILED", engine="llm", problem="bad weights")

    with pytest.raises(EngineFailed):
        await call()
    assert land.landed == [1]


async def test_a_database_that_blinks_costs_nothing() -> None:
    land = Landing(Unavailable("DATABASE_UNAVAILABLE"))
    land.go.set()
    async with Growth(land) as growth:
        growth.offer(board("一"))
        await land.begun.wait()
        growth.offer(board("一", "二"))
    assert land.landed == [2]


async def test_a_lost_lease_is_raised_and_nothing_more_is_tried() -> None:
    land = Landing(LeaseLost("LEASE_LOST", attempt=1))
    land.go.set()

    async def call() -> None:
        async with Growth(land) as growth:
            growth.offer(board("一"))
            await land.begun.wait()
            growth.offer(board("一", "二"))

    with pytest.raises(LeaseLost):
        await call()
    assert land.landed == []


async def test_a_cancel_stops_the_landing() -> None:
    land = Landing()

    async def attempt() -> None:
        async with Growth(land) as growth:
            growth.offer(board("一"))
            await asyncio.Event().wait()

    task = asyncio.create_task(attempt())
    await land.begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    land.go.set()
    await asyncio.sleep(0)
    assert land.landed == []
