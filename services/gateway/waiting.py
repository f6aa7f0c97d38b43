"""Waiting for an operation's end: the hub's news wake whoever waits, and nobody polls."""

import asyncio
import re
import time
from collections.abc import Awaitable
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from services.core.model import Operation, OperationId, UserId
from services.gateway.live import Hub

T = TypeVar("T")

LONGEST_SECONDS = 60.0
"""Nobody waits longer in one request; whoever wants to asks again."""

_PREFERENCE = re.compile(r"\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?:;.*)?", re.IGNORECASE | re.ASCII)


async def until_done(hub: Hub, user: UserId, operation_id: OperationId, *, seconds: float) -> Operation:
    """The operation as it is once it has ended, or as it is after `seconds`; at once when the gateway is shutting down.

    The store is read once after subscribing, so that no end is missed, and once more at the end, or when something was lost. With
    Kafka away, or the worker killed between the end and its event, the hub's looks tell. Raises NotFound, Unavailable.
    """
    deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)
    with hub.subscribe(user, operation_id, ends_only=True) as subscription:
        while True:
            operation = await hub.store.operation(user, operation_id)
            left = deadline - time.monotonic()
            if operation.done or subscription.closed or left <= 0:
                return operation
            news = await subscription.next(left)
            if isinstance(news, Operation):
                return news


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
