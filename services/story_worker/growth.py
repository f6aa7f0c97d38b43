"""A storyboard landing while it is still being written."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

from services.core.errors import Unavailable
from services.core.model import Storyboard

_log = structlog.get_logger(__name__)

Land = Callable[[Storyboard], Awaitable[None]]


class Growth:
    """Lands what is offered, one part at a time and the newest only: a part has all that the ones before it had.

    `async with` it around the call that brings the parts. Its end waits until the last one has landed, and raises what kept a
    part from landing; a cancel stops the landing. A database that is away for a moment costs nothing: the next part, or the
    whole storyboard, brings the same shots.
    """

    def __init__(self, land: Land) -> None:
        self._land = land
        self._newest: Storyboard | None = None
        self._landing: asyncio.Task[None] | None = None

    def offer(self, part: Storyboard) -> None:
        """Have it landed soon. Called on the event loop, and never waits."""
        self._newest = part
        if self._landing is None:
            self._landing = asyncio.create_task(self._land_newest())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        landing = self._landing
        if landing is None:
            return
        if isinstance(error, asyncio.CancelledError):
            landing.cancel()
            await asyncio.wait([landing])
        else:
            await landing

    async def _land_newest(self) -> None:
        while (part := self._newest) is not None:
            self._newest = None
            try:
                await self._land(part)
            except Unavailable as problem:
                _log.warning("a part of a storyboard did not land; the next one has its shots too", problem=str(problem))
        self._landing = None  # after a failure it stays, and the end raises that
