"""An engine's job: how it was stopped can be told in the engine's own stages."""

import asyncio
from pathlib import Path

import pytest

from services.adapters.memory.media import MemoryMedia
from services.core.errors import Cancelled
from services.core.model import Key
from services.core.ports import Progress
from services.model_service.job import EngineJob


async def job(tmp_path: Path) -> EngineJob:
    def unheard(_: Progress) -> None:
        """Nobody looks."""

    return EngineJob(MemoryMedia(), Key("0" * 64), unheard, tmp_path)


async def test_it_says_in_which_stage_it_was_stopped_and_in_which_that_was_seen(tmp_path: Path) -> None:
    stopped = await job(tmp_path)
    stopped.progress(0.1, "step 1/4")
    stopped.stop()
    for stage in ("step 2/4", "step 3/4"):
        with pytest.raises(Cancelled):
            stopped.progress(0.2, stage)
    stopped.stop()
    assert stopped.stopped_in == ("step 1/4", "step 2/4")


async def test_a_stop_that_is_seen_by_a_look_is_seen_in_the_same_stage(tmp_path: Path) -> None:
    stopped = await job(tmp_path)
    stopped.progress(0.0, "waiting")
    stopped.stop()
    with pytest.raises(Cancelled):
        stopped.check()
    assert stopped.stopped_in == ("waiting", "waiting")


async def test_a_stop_reaches_a_thread_that_reports(tmp_path: Path) -> None:
    stopped = await job(tmp_path)
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    def work() -> None:
        for number in range(1_000_000_000):
            stopped.progress(0.5, f"step {number}/1000000000")
            loop.call_soon_threadsafe(begun.set)

    working = asyncio.create_task(asyncio.to_thread(work))
    await begun.wait()
    stopped.stop()
    with pytest.raises(Cancelled):
        await working
    asked, noticed = (int(stage.removeprefix("step ").partition("/")[0]) for stage in stopped.stopped_in)
    assert noticed - asked == 1


async def test_progress_never_falls(tmp_path: Path) -> None:
    told: list[Progress] = []
    reported = asyncio.Event()

    def hear(progress: Progress) -> None:
        told.append(progress)
        if progress.fraction == 1.0:
            reported.set()

    begun = EngineJob(MemoryMedia(), Key("0" * 64), hear, tmp_path)
    for fraction, stage in [
        (0.2, "paint"),
        (0.7, "decode"),
        (0.0, "paint"),
        (0.4, "decode"),
        (-1.0, "paint"),
        (0.9, "decode"),
        (2.0, ""),
    ]:
        begun.progress(fraction, stage)
    await reported.wait()
    assert [progress.fraction for progress in told] == [0.2, 0.7, 0.7, 0.7, 0.7, 0.9, 1.0]
    assert [progress.stage for progress in told[:4]] == ["paint", "decode", "paint", "decode"]
