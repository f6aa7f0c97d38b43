"""A worker that cannot heartbeat stops its own work while the lease is still its own."""

import asyncio
import time
from typing import Any

import pytest

from services.core.errors import Unavailable
from services.story_worker import runner
from tests.fixtures.worker import TwinStage

LEASE = 1.5


class Silenced:
    """Heartbeats that are refused at once for a while, and then never answered; `stopped` is when the attempt was."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, stage: TwinStage, *, refused: float, answered_late: float) -> None:
        self.claimed, self.stopped = 0.0, 0.0
        self._refused, self._late = refused, answered_late
        self._claim = stage.store.claim_fairest
        monkeypatch.setattr(stage.store, "heartbeat", self.heartbeat)
        monkeypatch.setattr(stage.store, "claim_fairest", self.claim)
        monkeypatch.setattr(runner, "Attempt", self.attempt)

    async def claim(self, *args: Any, **kwargs: Any) -> Any:
        now = time.monotonic()
        if works := await self._claim(*args, **kwargs):
            self.claimed = self.claimed or now
            await asyncio.sleep(self._late)  # the answer is slow, and the lease runs
        return works

    async def heartbeat(self, *_: Any, **__: Any) -> Any:
        if time.monotonic() - self.claimed < self._refused:
            raise Unavailable("DATABASE_UNAVAILABLE")
        await asyncio.Event().wait()

    def attempt(self, *_: Any, **__: Any) -> Any:
        return _Endless(self)


class _Endless:
    class meter:  # noqa: N801
        fraction, stage = 0.0, ""

    age = 0.0

    def __init__(self, silenced: Silenced) -> None:
        self._silenced = silenced

    async def run(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self._silenced.stopped = self._silenced.stopped or time.monotonic()


@pytest.mark.parametrize(
    ("refused", "answered_late"),
    [(0.0, 0.0), (0.58 * LEASE, 0.0), (0.75 * LEASE, 0.0), (0.0, 0.6 * LEASE)],
    ids=["hangs from the beginning", "refuses and then hangs", "refuses for long", "the claim's answer is late"],
)
async def test_the_attempt_is_stopped_before_its_lease_ends(
    stage: TwinStage, monkeypatch: pytest.MonkeyPatch, refused: float, answered_late: float
) -> None:
    silenced = Silenced(monkeypatch, stage, refused=refused, answered_late=answered_late)
    await stage.create()
    async with stage.worker(worker_lease_seconds=LEASE, worker_sweep_seconds=60.0), asyncio.timeout(5 * LEASE):
        while not silenced.stopped:  # noqa: ASYNC110 -- the moment is noted by the attempt itself
            await asyncio.sleep(0.01)
    assert silenced.stopped - silenced.claimed < 0.95 * LEASE
