"""How a worker takes work in: wake-ups are hints, slots are bounded, and nothing that goes wrong takes the worker down."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import pytest

from services.adapters.memory.broker import MemoryBroker
from services.adapters.memory.store import MemoryStore
from services.core.model import OperationId, OperationStatus
from services.core.ports import Work
from services.story_worker.consumer import Consumer, Stalled
from services.story_worker.settings import WorkerSettings
from tests.contract.store_steps import claim_of, new_story, someone
from tests.fixtures.worker import TwinStage


class Runs:
    """In the place of the runner: each operation runs until it is let go."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.started: list[OperationId] = []
        self.changed = asyncio.Event()
        self.go = asyncio.Semaphore(0)

    async def run(self, work: Work, *, asked: float) -> None:
        assert asked <= time.monotonic()
        self.started.append(work.operation.id)
        self.changed.set()
        await self.go.acquire()
        await self._store.finish(claim_of(work))

    async def until(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.started) < count:
                self.changed.clear()
                await self.changed.wait()


class Intake:
    """A consumer over the twins, with two slots."""

    def __init__(self, **settings: Any) -> None:
        self.store = MemoryStore()
        self.broker = MemoryBroker()
        self.runs = Runs(self.store)
        self.settings = WorkerSettings(**{"worker_slots": 2, "worker_poll_seconds": 60.0} | settings)

    def consumer(self, receiver: Any) -> Consumer:
        runner: Any = self.runs
        return Consumer(store=self.store, receiver=receiver, runner=runner, settings=self.settings, worker="story-worker/a")

    async def queue(self, count: int) -> Sequence[OperationId]:
        owner = someone()
        return [(await new_story(self.store, owner)).operation.id for _ in range(count)]


async def test_one_hint_fills_the_slots_and_each_freed_slot_is_filled_again() -> None:
    intake = Intake()
    waiting = await intake.queue(5)
    async with intake.broker.open_wakeup_receiver("workers") as receiver:
        consumer = intake.consumer(receiver)
        loops = [asyncio.create_task(loop) for loop in (consumer.follow_wakeups(), consumer.take_work())]
        await intake.broker.announce(waiting[4:])  # the others' wake-ups are lost
        await intake.runs.until(2)
        assert intake.runs.started == waiting[:2]
        for _ in range(5):
            intake.runs.go.release()
        await intake.runs.until(5)
        assert intake.runs.started == waiting
        for loop in loops:
            loop.cancel()
        await consumer.drain(5.0)


async def test_a_full_worker_leaves_wakeups_to_others() -> None:
    intake = Intake()
    waiting = await intake.queue(6)
    async with intake.broker.open_wakeup_receiver("workers") as receiver, intake.broker.open_wakeup_receiver("workers") as other:
        consumer = intake.consumer(receiver)
        loops = [asyncio.create_task(loop) for loop in (consumer.follow_wakeups(), consumer.take_work())]
        await intake.broker.announce(waiting[:2])
        await intake.runs.until(2)
        await intake.broker.announce(waiting[2:])
        heard = [(await anext(other)).operation_id for _ in range(3)]
        assert len(set(heard)) == 3
        for loop in loops:
            loop.cancel()
        for _ in range(6):
            intake.runs.go.release()
        await consumer.drain(5.0)


class Gate:
    """Lets claims through one by one; `rooms` are those that wait for it."""

    def __init__(self, store: MemoryStore) -> None:
        self._claim = store.claim_fairest
        self._doors: list[tuple[int, asyncio.Event]] = []
        self._came = asyncio.Event()

    @property
    def rooms(self) -> list[int]:
        return [room for room, _ in self._doors]

    async def __call__(self, worker: str, lease: float, *, room: int, most_running: int | None = None) -> tuple[Work, ...]:
        door = asyncio.Event()
        self._doors.append((room, door))
        self._came.set()
        await door.wait()
        return await self._claim(worker, lease, room=room, most_running=most_running)

    async def waiting(self, count: int) -> list[int]:
        async with asyncio.timeout(5):
            while len(self._doors) < count:
                self._came.clear()
                await self._came.wait()
        return self.rooms

    def open(self) -> None:
        self._doors.pop(0)[1].set()


async def ended_to(consumer: Consumer, running: int) -> None:
    async with asyncio.timeout(5):
        while consumer.running > running:  # noqa: ASYNC110 -- each turn of the loop brings the twins further
            await asyncio.sleep(0)


async def test_another_claim_starts_beside_one_under_way_when_it_has_much_room_that_is_not_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    intake = Intake(worker_slots=64)
    gate = Gate(intake.store)
    monkeypatch.setattr(intake.store, "claim_fairest", gate)
    await intake.queue(40)
    async with intake.broker.open_wakeup_receiver("workers") as receiver:
        consumer = intake.consumer(receiver)
        taking = asyncio.create_task(consumer.take_work())
        assert await gate.waiting(1) == [64]
        consumer.look()
        gate.open()
        await intake.runs.until(40)
        assert await gate.waiting(1) == [24], "the look is not forgotten, and the first had promised all its room"
        for ended in range(1, 17):
            assert gate.rooms == [24], ended
            intake.runs.go.release()
            await ended_to(consumer, 40 - ended)
        assert await gate.waiting(2) == [24, 16]
        consumer.look()
        for _ in range(24):
            intake.runs.go.release()
        await ended_to(consumer, 0)
        assert gate.rooms == [24, 16], "and never a third"
        gate.open()
        assert await gate.waiting(2) == [16, 48]
        taking.cancel()
        draining = asyncio.create_task(consumer.drain(5.0))
        gate.open()
        gate.open()
        await draining


async def test_a_claim_that_breaks_does_not_end_the_worker(stage: TwinStage, monkeypatch: pytest.MonkeyPatch) -> None:
    real = stage.store.claim_fairest
    broken = 0

    async def claim(*args: Any, **named: Any) -> tuple[Work, ...]:
        nonlocal broken
        broken += 1
        if broken == 1:
            raise KeyError("a row that nobody can read")
        return await real(*args, **named)

    monkeypatch.setattr(stage.store, "claim_fairest", claim)
    operation = await stage.create()
    async with stage.worker():
        assert (await stage.ended(operation)).status is OperationStatus.SUCCEEDED
    assert broken > 1


async def test_wakeups_that_wait_in_vain_end_the_worker() -> None:
    intake = Intake(worker_stall_seconds=0.02)
    async with intake.broker.open_wakeup_receiver("workers") as receiver:
        await intake.broker.announce(await intake.queue(1))
        assert receiver.waiting == 1
        with pytest.raises(Stalled):  # nobody follows them
            await asyncio.wait_for(intake.consumer(receiver).watch(), 5.0)
