"""Waiting for an operation's end: the live events wake whoever waits, and nothing is asked again and again."""

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from services.core.model import Operation, OperationId, UserId
from services.core.ports import OwnerStore
from services.gateway.live import TERMINAL_KINDS, Hub

T = TypeVar("T")

LONGEST_SECONDS = 60.0
"""Nobody waits longer in one request; whoever wants to asks again."""

_PREFERENCE = re.compile(r"\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?:;.*)?", re.IGNORECASE | re.ASCII)


async def until_done(store: OwnerStore, hub: Hub, user: UserId, operation_id: OperationId, *, seconds: float) -> Operation:
    """The operation as it is once it has ended, or as it is after `seconds`; at once when the gateway is shutting down.

    The store is read once after subscribing, so that no end is missed, and once more at the end; in between only when events
    were lost. Raises NotFound.
    """
    deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)
    with hub.subscribe(operation_id) as subscription:
        while True:
            operation = await store.operation(user, operation_id)
            left = deadline - time.monotonic()
            if operation.done or subscription.closed or left <= 0:
                return operation
            while left > 0:
                event = await subscription.next(left)
                if event is None or event.kind in TERMINAL_KINDS:
                    break  # it has ended, events were lost, the time is over, or the gateway goes down: the store knows
                left = deadline - time.monotonic()


def preferred(request: Request) -> float | None:
    """The seconds of `Prefer: wait=n` (RFC 7240, 4.3), at most LONGEST_SECONDS; None without a preference that can be read."""
    for header in request.headers.getlist("prefer"):
        for preference in header.split(","):
            if match := _PREFERENCE.fullmatch(preference):
                return min(float(match[1]), LONGEST_SECONDS)
    return None


async def while_connected(request: Request, answer: Awaitable[T]) -> T:
    """The answer, which is given up when the client hangs up. Raises ClientDisconnect."""
    working = asyncio.ensure_future(answer)
    leaving = asyncio.create_task(_left(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)


async def _left(request: Request) -> None:
    """Returns when the client has hung up. The body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
