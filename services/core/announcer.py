"""Says after a commit that something is worth looking at, without making the caller wait for the broker.

What cannot be announced now stays unannounced in the store, which is its own outbox: a sweeper tries again. What was announced
is marked so a little later, several at once: by then nearly all of it has started, and costs no write, nor does a claim have to
wait for one.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence

from services.core.errors import StoryreelError
from services.core.model import OperationEvent, OperationId
from services.core.ports import EventSender, OutboxStore, WakeUpSender

_log = logging.getLogger(__name__)

_MARK_SECONDS = 0.5
"""Between two marks: well below the age at which a sweeper takes an announcement for lost."""


class Announcer:
    """One background task that coalesces: whatever was told while a send was under way goes out together in the next."""

    def __init__(self, store: OutboxStore, wakeups: WakeUpSender, events: EventSender) -> None:
        self._store = store
        self._wakeups = wakeups
        self._events = events
        self._told = asyncio.Event()
        self._operations: dict[OperationId, None] = {}
        self._news: list[OperationEvent] = []
        self._acknowledged: dict[OperationId, None] = {}
        self._oldest = 0.0  # when the first of these was sent
        self._marking: asyncio.Task[None] | None = None

    def tell(self, *, operations: Sequence[OperationId] = (), events: Sequence[OperationEvent] = ()) -> None:
        """Announce these soon; returns at once."""
        self._operations |= dict.fromkeys(operations)
        self._news.extend(events)
        self._told.set()

    async def run(self) -> None:
        """Serve until cancelled; what is still waiting then is sent and marked before it returns."""
        try:
            while True:
                await self._told.wait()
                await self._send()
        except asyncio.CancelledError:
            await self._send()
            raise
        finally:
            if self._marking is not None:
                self._marking.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await self._marking
            await self._mark()

    async def _send(self) -> None:
        self._told.clear()
        operations, self._operations = tuple(self._operations), {}
        events, self._news = tuple(self._news), []
        if operations:
            began = time.monotonic()
            try:
                await self._wakeups.announce(operations)
            except asyncio.CancelledError:
                self._operations = dict.fromkeys(operations) | self._operations
                self._news = [*events, *self._news]
                raise
            except StoryreelError as error:
                _log.warning("%d operations stay unannounced until the next sweep: %s", len(operations), error)
            else:
                self._mark_soon(operations, began)
        if events:
            await self._events.publish(events)

    def _mark_soon(self, operations: Sequence[OperationId], sent: float) -> None:
        if not self._acknowledged:
            self._oldest = sent
        self._acknowledged |= dict.fromkeys(operations)
        if self._marking is None:
            self._marking = asyncio.create_task(self._mark_later())

    async def _mark_later(self) -> None:
        while self._acknowledged:
            await asyncio.sleep(_MARK_SECONDS)
            await self._mark()
        self._marking = None

    async def _mark(self) -> None:
        marked, self._acknowledged = tuple(self._acknowledged), {}
        if not marked:
            return
        try:
            events = await self._store.mark_announced(marked, ago=time.monotonic() - self._oldest)
        except StoryreelError as error:
            _log.warning("%d operations will be announced once more: %s", len(marked), error)
        else:
            if events:
                await self._events.publish(events)
