"""Takes work when there is room for it: told by Kafka's wake-ups, by a slot that becomes free, and by a slow look now and then.

A wake-up is a hint that there is work, not a named order: what is claimed is the fairest operation that may start, and one
claim answers all the wake-ups that have come since the one before.
"""

import asyncio
import time
from collections.abc import Sequence

import structlog

from services.core.errors import Unavailable
from services.core.ports import Store, WakeUp, WakeUpReceiver, Work
from services.story_worker.runner import Runner
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)

_RELEASE_AGAIN_SECONDS = 0.2
_FULL_SECONDS = 0.5
"""A worker that is full for longer tells the receiver so: resuming fetches anew what had been fetched already."""
_CLAIMS = 2
"""Claims under way at once. The database serves one after the other; the work of one is taken in while the next is being served."""
_WORTH_A_SECOND = 16
"""So many slots must be free for another claim beside one that is under way: many small ones cost more than few large ones."""


class Stalled(Exception):
    """Wake-ups wait and there is room for them, and yet none comes: only a new start can help."""


class Consumer:
    """Claims operations into a bounded number of slots.

    It takes no more wake-ups than it has free slots, and settles each once its claim has been tried: none is held for a job's
    length, and what another worker could start does not wait here.
    """

    def __init__(self, *, store: Store, receiver: WakeUpReceiver, runner: Runner, settings: WorkerSettings, worker: str) -> None:
        self._store = store
        self._receiver = receiver
        self._runner = runner
        self._settings = settings
        self._worker = worker
        self._heard: list[WakeUp] = []
        self._ever_heard = 0
        self._room = asyncio.Event()
        self._paused = False
        self._worth_a_look = True  # what waited while no worker was there
        self._moved = asyncio.Event()
        self._moved.set()
        self._claims: dict[asyncio.Task[None], int] = {}  # with the slots that each may fill
        self._settling: set[asyncio.Task[None]] = set()
        self._jobs: set[asyncio.Task[None]] = set()

    @property
    def running(self) -> int:
        """Slots in use."""
        return len(self._jobs)

    def look(self) -> None:
        """There may be work."""
        self._worth_a_look = True
        self._moved.set()

    async def follow_wakeups(self) -> None:
        """Take what Kafka tells of, until cancelled."""
        async for wakeup in self._receiver:
            self._heard.append(wakeup)
            self._ever_heard += 1
            self.look()
            self._mind_room()
            try:
                async with asyncio.timeout(_FULL_SECONDS):
                    await self._room.wait()
            except TimeoutError:
                self._paused = True
                self._receiver.pause()
                self._mind_room()

    async def take_work(self) -> None:
        """Claim whenever there may be work and there is room for it, until cancelled. A claim under way is not cancelled."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._worth_a_look and self._may_claim:
                self._worth_a_look = False
                room = self._unasked
                claim = asyncio.create_task(self._claim(room))
                self._claims[claim] = room
                claim.add_done_callback(self._claimed)

    async def poll(self) -> None:
        """Look into Postgres now and then: with Kafka down, or a message lost, work still flows, only later."""
        while True:
            await asyncio.sleep(self._settings.worker_poll_seconds)
            self.look()

    async def watch(self) -> None:
        """Raises Stalled when wake-ups have been waiting for too long although there is room for them."""
        while True:
            before = self._ever_heard
            await asyncio.sleep(self._settings.worker_stall_seconds / 2)
            if self._paused or self._receiver.waiting == 0 or self._ever_heard > before:
                continue
            await asyncio.sleep(self._settings.worker_stall_seconds / 2)
            if not self._paused and self._receiver.waiting > 0 and self._ever_heard == before:
                raise Stalled(f"{self._receiver.waiting} wake-ups wait, and none comes")

    async def drain(self, seconds: float) -> None:
        """Wait for what runs; after `seconds` give the rest back to the queue."""
        if self._claims:
            await asyncio.wait(self._claims)
        if self._jobs:
            _, late = await asyncio.wait(self._jobs, timeout=seconds)
            while late:  # one of them may have been claimed just after the others were told
                self._runner.release_all()
                _, late = await asyncio.wait(late, timeout=_RELEASE_AGAIN_SECONDS)
        if self._settling:
            await asyncio.wait(self._settling)

    @property
    def _free(self) -> int:
        return self._settings.worker_slots - len(self._jobs)

    @property
    def _unasked(self) -> int:
        """Free slots that no claim under way may fill."""
        return self._free - sum(self._claims.values())

    @property
    def _may_claim(self) -> bool:
        if not self._claims:
            return self._unasked > 0
        return len(self._claims) < _CLAIMS and self._unasked >= _WORTH_A_SECOND

    async def _claim(self, room: int) -> None:
        heard, self._heard = self._heard, []
        works: tuple[Work, ...] = ()
        asked = time.monotonic()
        try:
            works = await self._store.claim_fairest(
                self._worker,
                self._settings.worker_lease_seconds,
                room=room,
                most_running=self._settings.max_running_per_user or None,
            )
        except Unavailable as error:
            # The rows are still queued: the poll finds them once the database is back.
            _log.warning("claim failed", problem=str(error))
        except Exception:  # noqa: BLE001 -- whatever one operation does to the claim must not take the worker down
            _log.exception("claim broke; what it may have started runs again when its lease expires")
        # Whatever came of it: one record that is never settled would hold back the offset of all that follow.
        self._settle(heard)
        for work in works:
            job = asyncio.create_task(self._runner.run(work, asked=asked))
            self._jobs.add(job)
            job.add_done_callback(self._ended)
        self._mind_room()

    def _claimed(self, claim: asyncio.Task[None]) -> None:
        del self._claims[claim]
        if not claim.cancelled() and (error := claim.exception()):
            _log.error("a claim broke", exc_info=error)
        self._moved.set()

    def _ended(self, job: asyncio.Task[None]) -> None:
        self._jobs.discard(job)
        if not job.cancelled() and (error := job.exception()):
            _log.error("a job broke; its lease will expire and the operation run again", exc_info=error)
        self._mind_room()
        self.look()

    def _mind_room(self) -> None:
        """There is room for as many wake-ups as there are free slots."""
        if len(self._heard) >= self._free:
            self._room.clear()
            return
        self._room.set()
        if self._paused:
            self._paused = False
            self._receiver.resume()

    def _settle(self, heard: Sequence[WakeUp]) -> None:
        if heard:
            task = asyncio.create_task(_settle_all(heard))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)


async def _settle_all(heard: Sequence[WakeUp]) -> None:
    await asyncio.gather(*(wakeup.settle() for wakeup in heard))
