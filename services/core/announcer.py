"""Says after a commit that something is worth looking at, without making the caller wait for the broker.

What cannot be announced now stays unannounced in the store, which is its own outbox: a sweeper tries again.
"""

import asyncio
import logging
from collections.abc import Sequence

from services.core.errors import StoryreelError
from services.core.model import OperationEvent, OperationId
from services.core.ports import EventSender, OutboxStore, WakeUpSender

_log = logging.getLogger(__name__)


class Announcer:
    """One background task that coalesces: whatever was told while a send was under way goes out together in the next."""

    def __init__(self, store: OutboxStore, wakeups: WakeUpSender, events: EventSender) -> None:
        self._store = store
        self._wakeups = wakeups
        self._events = events
        self._told = asyncio.Event()
        self._operations: dict[OperationId, None] = {}
        self._news: list[OperationEvent] = []

    def tell(self, *, operations: Sequence[OperationId] = (), events: Sequence[OperationEvent] = ()) -> None:
        """Announce these soon; returns at once."""
        self._operations |= dict.fromkeys(operations)
        self._news.extend(events)
        self._told.set()

    async def run(self) -> None:
        """Serve until cancelled; what is still waiting then is sent before it returns."""
        try:
            while True:
                await self._told.wait()
                await self._send()
        except asyncio.CancelledError:
            await self._send()
            raise

    async def _send(self) -> None:
        self._told.clear()
        operations, self._operations = tuple(self._operations), {}
        events, self._news = tuple(self._news), []
        if operations:
            try:
                await self._wakeups.announce(operations)
                await self._store.mark_announced(operations)
            except asyncio.CancelledError:
                self._operations = dict.fromkeys(operations) | self._operations
                self._news = [*events, *self._news]
                raise
            except StoryreelError as error:
                _log.warning("%d operations stay unannounced until the next sweep: %s", len(operations), error)
        if events:
            await self._events.publish(events)
