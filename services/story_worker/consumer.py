"""Takes work when there is room for it: from Kafka's wake-ups as they come, and from a slow look into Postgres."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from services.core.errors import Unavailable
from services.core.model import OperationId
from services.core.ports import Store, WakeUp, WakeUpReceiver
from services.story_worker.runner import Runner
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)

_RELEASE_AGAIN_SECONDS = 0.2


class Consumer:
    """Claims operations into a bounded number of slots.

    A wake-up is settled once its claim has been tried, never held for a job's length.
    """

    def __init__(self, *, store: Store, receiver: WakeUpReceiver, runner: Runner, settings: WorkerSettings, worker: str) -> None:
        self._store = store
        self._receiver = receiver
        self._runner = runner
        self._settings = settings
        self._worker = worker
        self._free = settings.worker_slots
        self._room = asyncio.Event()
        self._room.set()
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Slots in use."""
        return self._settings.worker_slots - self._free

    async def follow_wakeups(self) -> None:
        """Take what Kafka tells of, until cancelled."""
        async for wakeup in self._receiver:
            await self._take_slot()
            self._spawn(self._take(wakeup.operation_id, wakeup))

    async def poll(self) -> None:
        """Look into Postgres now and then: with Kafka down, or a message lost, work still flows, only later."""
        while True:
            await asyncio.sleep(self._settings.worker_poll_seconds)
            try:
                found = await self._store.claimable(self._free) if self._free else ()
            except Unavailable as error:
                _log.warning("poll failed", problem=str(error))
                continue
            for operation_id in found:
                await self._take_slot()
                self._spawn(self._take(operation_id, None))

    async def drain(self, seconds: float) -> None:
        """Wait for what runs; after `seconds` give the rest back to the queue."""
        if self._jobs:
            _, late = await asyncio.wait(self._jobs, timeout=seconds)
            while late:  # one of them may have been claimed just after the others were told
                self._runner.release_all()
                _, late = await asyncio.wait(late, timeout=_RELEASE_AGAIN_SECONDS)

    def _spawn(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._jobs.discard(job)
        if not job.cancelled() and (error := job.exception()):
            _log.error("a job broke; its lease will expire and the operation run again", exc_info=error)

    async def _take_slot(self) -> None:
        while self._free == 0:
            await self._room.wait()
        self._free -= 1
        if self._free == 0:
            self._room.clear()
            self._receiver.pause()

    def _free_slot(self) -> None:
        self._free += 1
        if not self._room.is_set():
            self._room.set()
            self._receiver.resume()

    async def _take(self, operation_id: OperationId, wakeup: WakeUp | None) -> None:
        try:
            try:
                work = await self._store.claim(operation_id, self._worker, self._settings.worker_lease_seconds)
            except Unavailable as error:
                # The row is still queued: the poll finds it once the database is back.
                _log.warning("claim failed", operation_id=str(operation_id), problem=str(error))
                work = None
            finally:
                # Whatever came of it: one record that is never settled would hold back the offset of all that follow.
                if wakeup is not None:
                    await wakeup.settle()
            if work is not None:
                await self._runner.run(work)
        finally:
            self._free_slot()
