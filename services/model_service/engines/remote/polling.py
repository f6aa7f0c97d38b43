"""Waiting for a provider's job to end, with ever longer pauses."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from services.core.errors import DeadlineExceeded

T = TypeVar("T")

_FIRST, _GROWTH, _LONGEST = 1.0, 1.4, 10.0


async def until_done(ask: Callable[[], Awaitable[T | None]], *, name: str, seconds: float) -> T:
    """Ask until it answers with something; raises DeadlineExceeded PEER_TIMEOUT after `seconds`, and what `ask` raises.

    The job goes on at its provider after that: a later attempt finds its id in the notes, and asks on.
    """
    pause = _FIRST
    try:
        async with asyncio.timeout(seconds):
            while (found := await ask()) is None:
                await asyncio.sleep(pause)
                pause = min(pause * _GROWTH, _LONGEST)
    except TimeoutError as error:
        raise DeadlineExceeded("PEER_TIMEOUT", engine=name, seconds=seconds) from error
    return found
