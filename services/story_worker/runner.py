"""Brings a claimed operation to an end: runs the attempt, keeps its lease, and settles how it ended."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from enum import Enum, auto

import structlog

from services.core.announcer import Announcer
from services.core.errors import EngineFailed, LeaseLost, StoryreelError, Unavailable
from services.core.model import Film
from services.core.ports import Claim, Ended, Models, Store, Wish, Work
from services.core.retrying import RetryPolicy, retry_delay
from services.story_worker import metrics
from services.story_worker.attempt import Attempt, Gates
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)


class _Stop(Enum):
    """Why an attempt was stopped before its end."""

    CANCELLED = auto()
    PAUSED = auto()
    RELEASED = auto()
    LEASE_LOST = auto()


_WISHES = {Wish.CANCEL: _Stop.CANCELLED, Wish.PAUSE: _Stop.PAUSED}


class Runner:
    """Runs operations one attempt at a time each; any number at once."""

    def __init__(
        self, *, store: Store, models: Models, announcer: Announcer, gates: Gates, settings: WorkerSettings, worker: str
    ) -> None:
        self._store = store
        self._models = models
        self._announcer = announcer
        self._gates = gates
        self._settings = settings
        self._worker = worker
        self._policy = RetryPolicy(
            base=settings.worker_retry_base_seconds,
            cap=settings.worker_retry_cap_seconds,
            patience=settings.worker_patience_seconds,
        )
        self._running: dict[asyncio.Task[Film | None], Callable[[], None]] = {}

    async def run(self, work: Work, *, asked: float) -> None:
        """Run the claimed operation until it has ended, is queued again or paused, or belongs to another attempt.

        `asked` is when the claim was sent, by `time.monotonic()`: the lease began no earlier.
        """
        operation = work.operation
        claim = Claim(operation.id, operation.user_id, operation.attempt, self._worker)
        with structlog.contextvars.bound_contextvars(operation_id=str(operation.id), attempt=operation.attempt):
            attempt = Attempt(
                claim,
                work,
                store=self._store,
                models=self._models,
                announcer=self._announcer,
                gates=self._gates,
                reload=lambda: self._store.shots(claim.user_id, operation.story_id),
                progress_seconds=self._settings.worker_progress_seconds,
            )
            try:
                with metrics.RUNNING.track_inprogress():
                    ended = await self._settle(claim, work, attempt, asked)
            except LeaseLost:
                _log.warning("lease lost; another attempt owns the operation")
                return
            except Unavailable as error:
                _log.warning("the end could not be written; the lease will expire and the operation run again", problem=str(error))
                return
            self._announcer.tell(operations=ended.unblocked, events=[ended.event])
            metrics.ENDED.labels(operation.type, ended.operation.status).inc()
            _log.info("ended", type=operation.type, status=ended.operation.status, retries=ended.operation.retries)

    def release_all(self) -> None:
        """Give every running operation back to the queue: the worker must go."""
        for release in list(self._running.values()):
            release()

    async def _settle(self, claim: Claim, work: Work, attempt: Attempt, asked: float) -> Ended:
        stop: list[_Stop] = []
        task = asyncio.create_task(attempt.run())

        def end(reason: _Stop) -> None:
            if not stop:
                stop.append(reason)
                task.cancel()

        self._running[task] = lambda: end(_Stop.RELEASED)
        pulse = asyncio.create_task(self._pulse(claim, attempt, asked, end))
        # Whatever ends the pulse, nobody works on without one.
        pulse.add_done_callback(lambda _: end(_Stop.LEASE_LOST))
        try:
            film = await task
        except asyncio.CancelledError:
            if not stop:
                raise  # this coroutine itself is being cancelled
            return await self._stopped(claim, stop[0])
        except StoryreelError as error:
            return await self._failed(claim, work, attempt, error)
        except Exception as error:  # noqa: BLE001 - a programming error must end the operation, not the worker
            _log.exception("attempt crashed")
            return await self._failed(
                claim, work, attempt, EngineFailed("INTERNAL", request_id=str(claim.operation_id)), cause=error
            )
        finally:
            task.cancel()
            pulse.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await pulse
            self._running.pop(task, None)
        return await self._write(lambda: self._store.finish(claim, film=film))

    async def _stopped(self, claim: Claim, reason: _Stop) -> Ended:
        match reason:
            case _Stop.CANCELLED:
                return await self._write(lambda: self._store.end_cancelled(claim))
            case _Stop.PAUSED | _Stop.RELEASED:
                # The store knows whether it is still to be paused: its owner may have thought better of it meanwhile.
                return await self._write(lambda: self._store.requeue(claim, None, 0.0))
            case _Stop.LEASE_LOST:
                raise LeaseLost("LEASE_LOST", attempt=claim.attempt)

    async def _failed(
        self, claim: Claim, work: Work, attempt: Attempt, error: StoryreelError, cause: Exception | None = None
    ) -> Ended:
        if isinstance(error, LeaseLost):
            raise error
        failure = error.failure(work.story.language)
        operation = work.operation
        delay = retry_delay(
            error,
            failures=operation.failures,
            most=operation.max_attempts,
            retries=operation.retries,
            age=attempt.age,
            policy=self._policy,
        )
        if delay is not None:
            _log.info("retrying", reason=error.reason, delay=round(delay, 2), problem=str(error))
            return await self._write(lambda: self._store.requeue(claim, failure, delay))
        _log.warning("failed", reason=error.reason, problem=str(cause or error))
        return await self._write(lambda: self._store.fail(claim, failure))

    async def _write(self, write: Callable[[], Awaitable[Ended]]) -> Ended:
        """Write the end, trying again while the lease is surely ours: a blink of the database must not repeat the work."""
        deadline = time.monotonic() + self._settings.worker_lease_seconds * 0.5
        while True:
            try:
                return await write()
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.2)

    async def _pulse(self, claim: Claim, attempt: Attempt, kept: float, end: Callable[[_Stop], None]) -> None:
        """Keep the lease. When it cannot be kept, stop at 0.8 of it, before another worker can take the operation.

        `kept` is when what last kept it was sent, by `time.monotonic()`: the lease began no earlier.
        """
        lease = self._settings.worker_lease_seconds
        while True:
            until = kept + lease * 0.8
            await asyncio.sleep(min(self._settings.worker_pulse_seconds, max(0.0, until - time.monotonic())))
            asked = time.monotonic()
            patience = min(lease * 0.4, until - asked)
            if patience <= 0:
                end(_Stop.LEASE_LOST)
                return
            try:
                async with asyncio.timeout(patience):
                    meter = attempt.meter
                    wish = await self._store.heartbeat(claim, lease, progress=meter.fraction, stage=meter.stage)
            except LeaseLost:
                end(_Stop.LEASE_LOST)
                return
            except (Unavailable, TimeoutError) as error:
                _log.warning("heartbeat failed", problem=str(error))
                continue
            kept = asked
            if wish is not None:
                end(_WISHES[wish])
                return
