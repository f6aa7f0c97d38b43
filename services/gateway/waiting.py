"""Waiting for an operation's end: the live events wake whoever waits; the store is looked into only where they are silent."""

import asyncio
import re
import time
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request

from services.core.errors import Unavailable
from services.core.model import Operation, OperationId, UserId
from services.core.ports import OwnerStore
from services.gateway.live import TERMINAL_KINDS, Hub

T = TypeVar("T")

LONGEST_SECONDS = 60.0
"""Nobody waits longer in one request; whoever wants to asks again."""

_PREFERENCE = re.compile(r"\s*wait\s*=\s*\"?(\d{1,9})\"?\s*(?:;.*)?", re.IGNORECASE | re.ASCII)


async def until_done(
    store: OwnerStore, hub: Hub, user: UserId, operation_id: OperationId, *, seconds: float, resync: float = 2.0
) -> Operation:
    """The operation as it is once it has ended, or as it is after `seconds`; at once when the gateway is shutting down.

    The store is read once after subscribing, so that no end is missed, and once more at the end. In between it is read when
    events were lost, and whenever `resync` seconds have brought none: with Kafka away, or the worker killed between the end
    and its event, nothing else would tell. Those looks are shared by all who wait for the operation, so that an end nobody
    tells of is seen after 1.5 x `resync` at the latest. Raises NotFound, Unavailable.
    """
    deadline = time.monotonic() + min(seconds, LONGEST_SECONDS)
    with hub.subscribe(operation_id) as subscription:
        operation = await store.operation(user, operation_id)
        while not (operation.done or subscription.closed):
            left = deadline - time.monotonic()
            try:
                async with asyncio.timeout(min(left, resync)):
                    event = await subscription.next()
            except TimeoutError:
                if left <= resync:
                    return await store.operation(user, operation_id)
                with suppress(Unavailable):  # it may be back before the time is over
                    operation = await hub.read(store, user, operation_id, within=resync / 2)
                continue
            if event is None or event.kind in TERMINAL_KINDS:
                operation = await store.operation(user, operation_id)
        return operation


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
