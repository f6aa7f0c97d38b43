"""One job on a ComfyUI server: noted before it is queued, found again after a crash, stopped when nobody waits for it."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import httpx2
import structlog

from services.core.errors import Cancelled, DeadlineExceeded, EngineFailed, StoryreelError, Unavailable
from services.model_service.engine import Job
from services.model_service.engines.remote.comfyui import server as comfy
from services.model_service.engines.remote.comfyui.listening import Listener
from services.model_service.engines.remote.comfyui.server import Server
from services.model_service.engines.remote.comfyui.settings import ComfySettings
from services.model_service.engines.remote.comfyui.workflow import Graph
from services.model_service.engines.remote.peer import Unanswered

_log = structlog.get_logger(__name__)

_NOTE = "comfyui"
_LISTENING = 2.0
"""Seconds after which a job is queued though nobody listens yet."""
_STOPPING = 5.0
"""Seconds that stopping a job may take."""
_PATIENCE = 3
"""How often in a row a job may be neither in the queue nor ended: it moves from one to the other."""
_RARELY = 5
"""How much rarer a server is asked that tells by itself."""


class Run:
    """One workflow, run once. `name` is the engine's."""

    def __init__(self, name: str, server: Server, settings: ComfySettings, job: Job) -> None:
        self._name = name
        self._server = server
        self._settings = settings
        self._job = job

    async def ended(self, graph: Graph, upto: float) -> tuple[str, Mapping[str, Any]]:
        """The job's id and what is kept of it; its progress goes from 0 to `upto`.

        Raises EngineFailed PEER_JOB_FAILED, PEER_REFUSED; Unavailable; ResourceExhausted; DeadlineExceeded PEER_TIMEOUT.
        Cancelled, it takes the job out of the server's queue, or stops it.
        """
        token = await self._noted() or str(uuid4())
        listener = Listener(len(graph), lambda share: self._report(share * upto))
        listening = asyncio.create_task(listener.run(self._name, self._settings.base_url, token, self._settings.bearer))
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                await _happened(listener.ready, _LISTENING)
                found, token = await self._queued(graph, token)
                entry = await self._waited(found, listener)
        except TimeoutError as error:
            raise DeadlineExceeded("PEER_TIMEOUT", engine=self._name, seconds=self._settings.timeout_seconds) from error
        except asyncio.CancelledError:
            await self._stopped(token)
            raise
        finally:
            listening.cancel()
            await asyncio.wait([listening])
        if (error_ := comfy.failure(self._name, found, entry)) is not None:
            await self.forget()
            raise error_
        return found, entry

    async def forget(self) -> None:
        """Its result is of no use: another attempt may queue a new one."""
        await self._note({})

    async def _queued(self, graph: Graph, token: str) -> tuple[str, str]:
        """The job's id, and the token it carries. Nothing is queued where the noted job is still known."""
        if await self._noted() == token and (found := await self._server.known(token)) is not None:
            return found, token
        await self._note({"token": token})
        try:
            return await self._server.submit(graph, token), token
        except Unanswered as error:
            found = await self._server.known(token)
            if found is None:
                problem = f"the server does not have it ({error})"
                raise Unavailable("PEER_JOB_FAILED", engine=self._name, id=token, problem=problem) from error
            return found, token

    async def _waited(self, found: str, listener: Listener) -> Mapping[str, Any]:
        missed = 0
        while (entry := await self._server.history(found)) is None:
            missed = 0 if await self._server.queued(found) else missed + 1
            if missed >= _PATIENCE:
                await self.forget()
                problem = "the server has lost it (it may have been started anew)"
                raise Unavailable("PEER_JOB_FAILED", engine=self._name, id=found, problem=problem)
            pause = self._settings.poll_seconds * (_RARELY if listener.listening and not missed else 1)
            listener.woken.clear()
            await _happened(listener.woken, pause)
        return entry

    def _report(self, fraction: float) -> None:
        with suppress(Cancelled):  # whoever waits for this run cancels it, and once
            self._job.progress(fraction, "draw")

    async def _stopped(self, token: str) -> None:
        try:
            async with asyncio.timeout(_STOPPING):
                found = await self._server.known(token)
                if found is not None:
                    await self._server.cancel(found)
                await self.forget()
        except (StoryreelError, TimeoutError, httpx2.HTTPError) as error:
            _log.warning("a job cannot be stopped on its server", engine=self._name, problem=str(error) or type(error).__name__)

    async def _noted(self) -> str | None:
        notes = await self._job.notes.read() or {}
        token = (notes.get(_NOTE) or {}).get("token")
        return token if isinstance(token, str) else None

    async def _note(self, facts: Mapping[str, Any]) -> None:
        notes = dict(await self._job.notes.read() or {})
        await self._job.notes.write({**notes, _NOTE: dict(facts)})


async def _happened(event: asyncio.Event, seconds: float) -> None:
    """Wait for it, but no longer. `asyncio.wait_for` of Python 3.11 may lose a cancel that comes together with the event."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def lost(name: str, found: str, error: EngineFailed) -> Unavailable:
    """For a job whose files are gone: a new one makes them again."""
    return Unavailable("PEER_JOB_FAILED", engine=name, id=found, problem=f"its files cannot be fetched: {error}")
