"""One service's engine at work: from a request to a stream of updates."""

import asyncio
import errno
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog

from services.adapters.wire.updates import Result, Update
from services.core import recipes
from services.core.errors import (
    Cancelled,
    EngineFailed,
    FailedPrecondition,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Engine, Key
from services.core.ports import Media
from services.core.requests import Request, Service
from services.model_service import allocator, validation
from services.model_service.engine import Generator, Output
from services.model_service.executor import Places
from services.model_service.fallback import FirstThatAnswers
from services.model_service.job import EngineJob
from services.model_service.metrics import Metrics
from services.model_service.records import Records
from services.model_service.settings import ModelServiceSettings
from services.model_service.single_flight import Flights, Generation
from services.model_service.vitals import Mortal

_log = structlog.get_logger(__name__)

Send = Callable[[Update], Awaitable[None]]

_LOAD_RETRY_SECONDS = 2.0
_FIRST_AGAIN, _LONGEST_AGAIN = 15.0, 600.0
"""Seconds before an engine that was left out is tried again: at first, and at most."""
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True, slots=True)
class _Serving:
    """An engine, and who it was when it was loaded."""

    engine: Generator[Any]
    identity: Engine


class Workbench:
    """An engine with its places, and what it needs to answer calls. Not loaded until `load` has returned."""

    def __init__(
        self,
        service: Service,
        engine: Generator[Any],
        *,
        settings: ModelServiceSettings,
        media: Media,
        flights: Flights,
        metrics: Metrics,
    ) -> None:
        self.service = service
        self._engine = engine
        self._serving: _Serving | None = None
        self._growing: asyncio.Task[None] | None = None
        self._settings = settings
        self._media = media
        self._records = Records(media)
        self._flights = flights
        self._metrics = metrics
        self._places = Places(service, settings.workers(service), settings.queue_limit, metrics)

    @property
    def identity(self) -> Engine | None:
        """Who serves; None before it is loaded. It changes when an engine that was left out of several has loaded."""
        return self._serving.identity if self._serving is not None else None

    @property
    def mortal(self) -> Mortal | None:
        """The engine, once it is loaded, where what it runs may die."""
        return self._engine if self._serving is not None and isinstance(self._engine, Mortal) else None

    async def load(self) -> None:
        """Load the engine in a thread; what is transient is tried again for as long as it takes. Raises EngineFailed."""
        started = monotonic()
        while True:
            try:
                await asyncio.to_thread(self._engine.load)
            except StoryreelError as error:
                if not error.retryable:
                    raise
                delay = error.retry_after or _LOAD_RETRY_SECONDS
                _log.warning("an engine cannot load yet", service=self.service.value, problem=str(error), retry_in=delay)
                await asyncio.sleep(delay)
            else:
                break
        await asyncio.to_thread(allocator.give_back)
        identity = self._engine.identity
        self._serving = _Serving(self._engine, identity)
        seconds = round(monotonic() - started, 2)
        _log.info("an engine is loaded", service=self.service.value, engine=identity.name, seconds=seconds)
        if isinstance(self._engine, FirstThatAnswers):
            self._tell_left_out(self._engine)
            self._growing = asyncio.create_task(self._grow(self._engine), name=f"engines of {self.service.value} that are away")

    async def _grow(self, engine: FirstThatAnswers) -> None:
        """Try again, ever more rarely, to load what is left out; what has loaded serves from then on, in its place."""
        wait = _FIRST_AGAIN
        while names := engine.may_come:
            await asyncio.sleep(max(wait, *(engine.left_out[name].retry_after or 0.0 for name in names)))
            wait = min(2 * wait, _LONGEST_AGAIN)
            try:
                grown = await asyncio.to_thread(engine.again)
            except Exception as error:  # noqa: BLE001 - an engine's bug; the others serve on
                _log.error("an engine that was left out fails unexpectedly", service=self.service.value, exc_info=error)
                continue
            if grown is None:
                _log.info("engines are still away", service=self.service.value, engines=list(names), retry_in=wait)
                continue
            came = [name for name in names if name not in grown.left_out]
            engine, wait = grown, _FIRST_AGAIN
            self._serving = _Serving(grown, grown.identity)
            self._tell_left_out(grown, came)
            _log.info(
                "an engine that was left out has loaded", service=self.service.value, engines=came, serves=grown.identity.name
            )

    def _tell_left_out(self, engine: FirstThatAnswers, came: Sequence[str] = ()) -> None:
        for name in (*came, *engine.left_out):
            self._metrics.left_out.labels(self.service.value, name).set(name in engine.left_out)

    async def answer(self, request: Request, asked: Key, send: Send, *, tenant: str = "") -> None:
        """Send progress, then the result, to whom `tenant` names: from the store, from a generation under way, or from a new one.

        Raises InvalidArgument; FailedPrecondition ENGINE_CHANGED when `asked` is another engine's key; Unavailable before
        the engine is loaded; ResourceExhausted MODEL_BUSY, STORAGE_FULL; and what the engine raises.
        """
        outcome = "left"
        try:
            outcome = await self._answer(request, asked, send, tenant)
        except StoryreelError as error:
            outcome = error.kind
            raise
        finally:
            engine = self.identity.name if self.identity else ""
            self._metrics.calls.labels(self.service.value, request.kind, engine, outcome).inc()

    async def _answer(self, request: Request, asked: Key, send: Send, tenant: str) -> str:
        validation.check(request, asked)
        serving = self._serving
        if serving is None:
            raise Unavailable("MODEL_UNAVAILABLE", service=self.service.value, retry_after=1.0)
        key = recipes.key(request, serving.identity)
        if asked and asked != key:
            raise FailedPrecondition("ENGINE_CHANGED", service=self.service.value)
        outcome = "made"
        with self._flights.join(key, lambda generation: self._generate(request, key, serving, generation, tenant)) as subscription:
            if subscription.attached:
                self._metrics.attaches.labels(self.service.value, request.kind).inc()
            async for update in subscription.updates():
                if isinstance(update, Result) and update.cached:
                    outcome = "cached"
                await send(update)
        return outcome

    async def close(self) -> None:
        """Returns when the engine's threads have ended."""
        if self._growing is not None:
            self._growing.cancel()
            await asyncio.wait([self._growing])
        await self._places.close()

    async def _generate(self, request: Request, key: Key, serving: _Serving, generation: Generation, tenant: str) -> Result:
        engine, identity = serving.engine, serving.identity
        recorded = await self._records.find(key)
        if recorded is not None:
            self._metrics.cache_hits.labels(self.service.value, request.kind).inc()
            return Result(recorded, cached=True)
        job = EngineJob(self._media, key, generation.report, self._settings.scratch_folder, tenant)
        seconds = 0.0

        def run() -> Output:
            nonlocal seconds
            job.open()
            started = monotonic()
            output = engine.run(request, job)
            seconds = monotonic() - started
            allocator.give_back()
            return output

        try:
            output = await self._places.run(run, tenant=tenant, began=lambda: generation.engine_begins(job.stop))
            artifact = await self._records.keep(key, request.kind, identity, output, seconds)
            await job.settle()
        except StoryreelError as error:
            if isinstance(error, Cancelled):
                asked, noticed = job.stopped_in
                _log.info("a generation was stopped", kind=request.kind, key=key, asked_in=asked, noticed_in=noticed)
            else:
                _log.info("a generation failed", kind=request.kind, key=key, reason=error.reason, problem=str(error))
            raise
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise ResourceExhausted("STORAGE_FULL") from error
            raise self._unexpected(error, request, key, identity) from error
        except Exception as error:  # an engine's bug must reach its callers as an answer, and the log in full
            raise self._unexpected(error, request, key, identity) from error
        finally:
            await job.dispose()
        self._metrics.seconds.labels(self.service.value, request.kind, identity.name).observe(seconds)
        _log.info("made", kind=request.kind, key=key, engine=identity.name, seconds=artifact.seconds)
        return Result(artifact)

    def _unexpected(self, error: Exception, request: Request, key: Key, identity: Engine) -> EngineFailed:
        _log.error("an engine failed unexpectedly", kind=request.kind, key=key, engine=identity.name, exc_info=error)
        problem = f"an unexpected {type(error).__name__}; the model service's log has it under the key {key[:16]}"
        return EngineFailed("ENGINE_FAILED", engine=identity.name, problem=problem)
