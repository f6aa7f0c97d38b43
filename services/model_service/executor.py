"""Bounded places for engines to run in: `workers` threads a service, and a queue that says no when it is full."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import TypeVar

from services.core.errors import ResourceExhausted
from services.core.requests import Service
from services.model_service.fair_semaphore import FairSemaphore
from services.model_service.metrics import Metrics

T = TypeVar("T")

_SHORTEST_RETRY = 0.5
_LONGEST_RETRY = 30.0


class Places:
    """The worker threads of one service. Used from one event loop.

    A place is held from the start of the function until its thread has really returned, so that a cancelled engine that is
    slow to notice is never joined by one more than there are workers.
    """

    def __init__(self, service: Service, workers: int, queue_limit: int, metrics: Metrics) -> None:
        self._service = service
        self._workers = workers
        self._queue_limit = queue_limit
        self._free = FairSemaphore(workers)
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix=f"{service.value}-engine")
        self._waiting = 0
        self._running = 0
        self._typical_seconds = 1.0
        self._queue_gauge = metrics.queue_length.labels(service.value)
        self._running_gauge = metrics.in_flight.labels(service.value)

    async def run(self, function: Callable[[], T], *, tenant: str = "", began: Callable[[], None] = lambda: None) -> T:
        """Run `function` in a thread once a place is free; `began` is called on the loop just before. Tenants take turns.

        Raises ResourceExhausted MODEL_BUSY when the queue is full. Cancelling it while it waits gives up the wait; while
        the function runs, cancelling is put off until it has returned.
        """
        if self._running >= self._workers and self._waiting >= self._queue_limit:
            raise ResourceExhausted("MODEL_BUSY", service=self._service.value, retry_after=self._retry_after())
        self._waiting += 1
        self._queue_gauge.set(self._waiting)
        try:
            await self._free.acquire(tenant)
        finally:
            self._waiting -= 1
            self._queue_gauge.set(self._waiting)
        self._running += 1
        self._running_gauge.set(self._running)
        started = monotonic()
        try:
            began()
            return await _to_the_end(asyncio.get_running_loop().run_in_executor(self._threads, function))
        finally:
            # A moving mean is enough to tell callers when it is worth coming back.
            self._typical_seconds += 0.2 * (monotonic() - started - self._typical_seconds)
            self._running -= 1
            self._running_gauge.set(self._running)
            self._free.release()

    async def close(self) -> None:
        """Returns when the threads have ended; whoever runs must have been told to stop."""
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    def _retry_after(self) -> float:
        estimate = self._typical_seconds * (self._waiting + 1) / self._workers
        return min(max(estimate, _SHORTEST_RETRY), _LONGEST_RETRY)


async def _to_the_end(running: Awaitable[T]) -> T:
    """Await a thread's future; a cancellation is raised only after the thread has returned."""
    future = asyncio.ensure_future(running)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        if not future.cancelled():
            future.exception()  # seen: nobody is left to be told
        raise
