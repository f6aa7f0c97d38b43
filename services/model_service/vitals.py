"""Engines whose model runs in a process of its own: when that dies, health says so, and it is started anew at once.

Otherwise the first request would find it dead, and wait for a start that takes a minute.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import structlog

_log = structlog.get_logger(__name__)

_LOOK_EVERY = 0.5
_FIRST_RETRY, _LONGEST_RETRY = 2.0, 60.0
"""Seconds after a start that failed: twice as long each time."""


@runtime_checkable
class Mortal(Protocol):
    """What such an engine can do beside what every engine can."""

    def alive(self) -> bool:
        """Whether what it runs is there. Answers at once."""

    def revive(self) -> None:
        """Start it anew; returns once it can be asked. Harmless when it is alive. Raises StoryreelError."""


async def keep(engine: Mortal, name: str, tell: Callable[[bool], Awaitable[None]]) -> None:
    """Watch an engine until cancelled; `tell` is told when it has died, and when it is back."""
    while True:
        await asyncio.sleep(_LOOK_EVERY)
        if engine.alive():
            continue
        _log.error("an engine has died; it is started anew", engine=name)
        await tell(False)
        delay = _FIRST_RETRY
        while True:
            try:
                await asyncio.to_thread(engine.revive)
            except Exception as error:  # noqa: BLE001 -- whatever it is, nobody else would try again
                _log.warning("an engine that has died cannot be started", engine=name, problem=str(error), retry_in=delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, _LONGEST_RETRY)
            else:
                break
        await tell(True)
        _log.info("an engine that had died serves again", engine=name)
