"""Live progress: one reader of Kafka's events fans out to the streams that are open here, and the database fills every gap.

A stream never depends on Kafka alone: it subscribes first, then reads what is stored, and reads again whenever an event is
missing, its queue has overflowed, or nothing has come for a while. Where nobody watches, Kafka's events are not read at all.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass

from services.core.errors import NotFound, Unavailable
from services.core.model import Operation, OperationEvent, OperationId, OperationStatus, UserId
from services.core.ports import EventReceiver, OwnerStore

TERMINAL_KINDS = frozenset({OperationStatus.SUCCEEDED.value, OperationStatus.FAILED.value, OperationStatus.CANCELLED.value})
"""The events after which an operation has no more."""
_PAGE = 500
_LINGER_SECONDS = 10.0
"""So long after the last subscription Kafka is read on: whoever watches one operation soon watches another."""
_LOOK_SECONDS = 1.0
_HEARD_SECONDS = 0.5
"""A stream waits no longer for Kafka to be read before it goes on with what is stored."""


class Subscription:
    """The events of one operation, in a bounded queue. A reader that is too slow loses them, and is told to read the store."""

    def __init__(self, size: int) -> None:
        self._queue: asyncio.Queue[OperationEvent | None] = asyncio.Queue(size + 1)
        self._size = size
        self.closed = False

    def offer(self, event: OperationEvent) -> None:
        """Queue the event; a full queue is emptied, and leaves one mark that events were lost."""
        if self._queue.qsize() < self._size:
            self._queue.put_nowait(event)
        else:
            self.interrupt()

    def close(self) -> None:
        self.closed = True
        self.interrupt()

    def interrupt(self) -> None:
        """Events may have been lost: the reader is to look into the store."""
        while not self._queue.empty():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def next(self, patience: float | None = None) -> OperationEvent | None:
        """The next event; None after `patience` seconds of silence (for ever, if None), after lost events, and when closed."""
        if self.closed:
            return None
        try:
            async with asyncio.timeout(patience):
                return await self._queue.get()
        except TimeoutError:
            return None


Show = Callable[[OperationEvent], bytes]
"""How a dialect words an event: one function for all its streams."""


@dataclass(frozen=True, slots=True)
class _Reading:
    """A look into the store that streams share, and when it began."""

    user: UserId
    at: float
    operation: asyncio.Future[Operation]


class Hub:
    """Every event that Kafka brings, to whoever has subscribed to its operation."""

    def __init__(self, *, queue_size: int = 256) -> None:
        self._queue_size = queue_size
        self._subscriptions: defaultdict[OperationId, set[Subscription]] = defaultdict(set)
        self._readings: dict[OperationId, _Reading] = {}
        self._shown: dict[Show, tuple[OperationEvent, bytes]] = {}
        self._watched, self._heard = asyncio.Event(), asyncio.Event()
        self._closed = False

    async def run(self, open_receiver: Callable[[], AbstractAsyncContextManager[EventReceiver]]) -> None:
        """Serve until cancelled, with a receiver that is open only as long as somebody watches."""
        while True:
            self._watched.clear()
            if not self._subscriptions:
                await self._watched.wait()
            async with open_receiver() as receiver:
                self._heard.set()
                for subscription in self._every():
                    subscription.interrupt()  # what has happened by now was not heard
                reading = asyncio.create_task(self._read(receiver))
                try:
                    await self._until_unwatched(reading)
                finally:
                    self._heard.clear()
                    reading.cancel()
                    await asyncio.wait((reading,))
            if not reading.cancelled():
                return reading.result()

    async def heard(self) -> None:
        """Returns when events come to those who have subscribed, or in a moment all the same."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_HEARD_SECONDS):
                await self._heard.wait()

    async def _read(self, receiver: EventReceiver) -> None:
        async for event in receiver:
            self.publish(event)

    async def _until_unwatched(self, reading: asyncio.Task[None]) -> None:
        """Returns when nobody has watched for a while, or the reading has ended."""
        watched = time.monotonic()
        while not reading.done() and time.monotonic() - watched < _LINGER_SECONDS:
            await asyncio.wait((reading,), timeout=_LOOK_SECONDS)
            if self._subscriptions:
                watched = time.monotonic()

    def _every(self) -> list[Subscription]:
        return [subscription for subscriptions in self._subscriptions.values() for subscription in subscriptions]

    def publish(self, event: OperationEvent) -> None:
        for subscription in self._subscriptions.get(event.operation_id, ()):
            subscription.offer(event)

    @contextmanager
    def subscribe(self, operation_id: OperationId) -> Iterator[Subscription]:
        subscription = Subscription(self._queue_size)
        if self._closed:
            subscription.close()
        self._subscriptions[operation_id].add(subscription)
        self._watched.set()
        try:
            yield subscription
        finally:
            self._subscriptions[operation_id].discard(subscription)
            if not self._subscriptions[operation_id]:
                del self._subscriptions[operation_id]
                self._readings.pop(operation_id, None)

    def shown(self, event: OperationEvent, show: Show) -> bytes:
        """`show(event)`, made once for all the streams that show the event so."""
        # Every stream has the same object, and all wake for it before the next one comes.
        last = self._shown.get(show)
        if last is None or last[0] is not event:
            last = self._shown[show] = event, show(event)
        return last[1]

    async def read(self, store: OwnerStore, user: UserId, operation_id: OperationId, *, within: float) -> Operation:
        """The operation as it is now, or as another stream has read it in the last `within` seconds: one look serves all of them.

        Raises NotFound, Unavailable.
        """
        now = time.monotonic()
        reading = self._readings.get(operation_id)
        if reading is None or reading.user != user or now - reading.at > within:
            reading = _Reading(user, now, asyncio.ensure_future(store.operation(user, operation_id)))
            self._readings[operation_id] = reading
        return await asyncio.shield(reading.operation)  # it goes on for the others when this stream ends

    def close(self) -> None:
        """End every stream now, and every later one at once: the gateway is shutting down."""
        self._closed = True
        self._heard.set()
        for subscription in self._every():
            subscription.close()


async def follow(
    store: OwnerStore, hub: Hub, operation: Operation, *, after: int = 0, resync: float = 2.0
) -> AsyncGenerator[OperationEvent | Operation, None]:
    """The stored events with `seq` > `after`, then live ones until the terminal event; no `seq` comes twice or out of order.

    `operation` is as it was just read. Whenever `resync` seconds have brought nothing it is read again and yielded, so that
    progress shows with Kafka silent. Ends early when the operation is gone or the hub is closed.
    """
    seen = after
    with hub.subscribe(operation.id) as subscription:
        await hub.heard()  # what is only live would be missed before
        while (stored := await _stored(store, operation, seen, subscription, resync)) is not None:
            heard = time.monotonic()
            for event in stored:
                yield event
                seen = event.seq
            if len(stored) == _PAGE:
                continue
            # An earlier end is none, where the operation was tried again after it.
            if stored and stored[-1].kind in TERMINAL_KINDS:
                return
            if operation.done or subscription.closed:
                return
            while fresh := await subscription.next(resync):
                heard = time.monotonic()
                if fresh.seq > seen + 1:
                    break  # an event is missing: the store has it
                if fresh.seq in {0, seen + 1}:
                    yield fresh
                    seen = fresh.seq or seen
                if fresh.kind in TERMINAL_KINDS:
                    return
            else:
                # A look that others took before this stream's latest event may show the operation as it was before that.
                operation = await _again(store, hub, operation, within=min(resync / 2, time.monotonic() - heard))
                yield operation


async def _stored(
    store: OwnerStore, operation: Operation, after: int, subscription: Subscription, resync: float
) -> tuple[OperationEvent, ...] | None:
    """The next stored events, as soon as the database can be asked; None when the operation is gone, or the hub closed before."""
    while True:
        try:
            return await store.events(operation.user_id, operation.id, after=after, limit=_PAGE)
        except NotFound:
            return None
        except Unavailable:
            if subscription.closed:
                return None
            await subscription.next(resync)


async def _again(store: OwnerStore, hub: Hub, operation: Operation, *, within: float) -> Operation:
    """The operation as it is now, or as it was while the database is away or the operation is gone."""
    try:
        return await hub.read(store, operation.user_id, operation.id, within=within)
    except (NotFound, Unavailable):
        return operation
