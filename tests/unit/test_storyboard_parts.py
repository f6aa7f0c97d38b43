"""What an engine tells of a storyboard on its way to the callers: never swallowed, never sent twice, never forgotten."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.wire.updates import Result
from services.core.errors import Cancelled, EngineFailed
from services.core.model import Artifact, Engine, Key, ShotDraft, Storyboard
from services.core.ports import Progress
from services.model_service.job import EngineJob
from services.model_service.single_flight import Flights, Generation, Subscription

KEY = Key("ab" * 32)
RESULT = Result(Artifact(KEY, "storyboard", Engine("llm", "1"), {}, {}, 0.0))


def board(shots: int) -> Storyboard:
    return Storyboard(tuple(ShotDraft(title=str(n)) for n in range(shots)))


class Flight:
    """A generation that a test reports of and ends."""

    def __init__(self) -> None:
        self.flights = Flights(linger=0.0)
        self.end: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.generation: Generation | None = None

    def join(self) -> Subscription:
        async def work() -> Result:
            return await self.end

        def start(generation: Generation) -> Coroutine[Any, Any, Result]:
            self.generation = generation
            return work()

        return self.flights.join(KEY, start)

    def report(self, progress: Progress) -> None:
        assert self.generation is not None
        self.generation.report(progress)


@pytest.fixture
async def flight() -> AsyncIterator[Flight]:
    one = Flight()
    yield one
    await one.flights.close()


async def test_a_job_passes_every_part_on_at_once() -> None:
    reports: list[Progress] = []
    job = EngineJob(MemoryMedia(), KEY, reports.append, None)
    job.progress(0.25, "writing")
    for shots in (1, 2):
        job.storyboard(board(shots))
        job.progress(0.3, "writing")  # too soon after the other
    await asyncio.sleep(0)
    assert reports == [Progress(0.25, "writing", part) for part in (None, board(1), board(2))]
    job.stop()
    with pytest.raises(Cancelled):
        job.storyboard(board(3))


async def test_parts_that_come_faster_than_they_are_read_leave_the_newest(flight: Flight) -> None:
    with flight.join() as subscription:
        updates = subscription.updates()
        flight.report(Progress(0.1, "writing", board(1)))
        assert await anext(updates) == Progress(0.1, "writing", board(1))
        flight.report(Progress(0.2, "writing", board(2)))
        flight.report(Progress(0.3, "writing", board(3)))
        flight.report(Progress(0.4, "checking"))
        assert await anext(updates) == Progress(0.4, "checking", board(3))
        flight.report(Progress(0.5, "checking"))
        assert await anext(updates) == Progress(0.5, "checking")  # told already
        flight.end.set_result(RESULT)
        assert [update async for update in updates] == [RESULT]


async def test_who_comes_late_is_told_all_that_is_written(flight: Flight) -> None:
    with flight.join() as first:
        updates = first.updates()
        flight.report(Progress(0.1, "writing", board(1)))
        await anext(updates)
        flight.report(Progress(0.2, "writing", board(2)))
        await anext(updates)
        flight.report(Progress(0.3, "writing"))
        with flight.join() as late:
            assert late.attached
            assert await anext(late.updates()) == Progress(0.3, "writing", board(2))
        flight.end.set_result(RESULT)


async def test_the_last_part_is_told_before_the_failure_that_follows_it(flight: Flight) -> None:
    with flight.join() as subscription:
        flight.report(Progress(0.1, "writing", board(1)))
        flight.end.set_exception(EngineFailed("ENGINE_FAILED", engine="llm", problem="it broke off"))
        await asyncio.sleep(0)
        updates = subscription.updates()
        assert await anext(updates) == Progress(0.1, "writing", board(1))
        with pytest.raises(EngineFailed):
            await anext(updates)
