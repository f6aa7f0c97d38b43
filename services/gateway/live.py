"""Live progress: one reader of Kafka's events fans out to the streams that are open here, and the database fills every gap.

A stream never depends on Kafka alone: it subscribes first, then reads what is stored, and reads again whenever an event is
missing, its queue has overflowed, or the operation has changed and nothing was heard of it: one look into the store, now and
then, for all that is watched here in silence. Where nobody watches, Kafka's events are not read at all.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeAlias

from services.core.errors import NotFound, Unavailable
from services.core.model import Operation, OperationEvent, OperationId, OperationStatus, UserId
from services.core.ports import EventReceiver, OwnerStore

TERMINAL_KINDS = frozenset({OperationStatus.SUCCEEDED.value, OperationStatus.FAILED.value, OperationStatus.CANCELLED.value})
"""The events after which an operation has no more."""
_PAGE = 500
_LINGER_SECONDS = 10.0
"""So long after the last subscription Kafka is read on: whoever watches one operation soon watches another."""
_LOOK_SECONDS = 1.0
_AGAIN_SECONDS = 1.0
"""So long a stream waits for a database that is away."""
_HEARD_SECONDS = 0.5
"""A stream waits no longer for Kafka to be read before it goes on with what is stored."""
_SILENT = 0.75
"""The part of `resync` after which silence is looked into: with two ticks in each, after 1.25 of it at the latest."""


class Mark(Enum):
    """What a subscription says beside news."""

    LOST = auto()
    """News may have been lost, or the gateway shuts down: the store has them."""


News: TypeAlias = OperationEvent | Operation | Mark
"""An event; the operation as a look into the store has found it changed; or that something was lost."""


class Subscription:
    """The news of one operation to one reader, in a bounded queue. One that is too slow loses them, and is told so."""

    __slots__ = ("_ends_only", "_news", "_size", "_waiter", "closed", "read_at", "unseen", "user")

    def __init__(self, user: UserId, size: int, *, ends_only: bool = False) -> None:
        self.user = user
        self.closed = False
        self.read_at = 0.0
        self.unseen = True  # whether the next look is news, though it may be what the one before was
        self._size = size
        self._ends_only = ends_only
        self._news: deque[News] = deque()
        self._waiter: asyncio.Future[None] | None = None

    def offer(self, event: OperationEvent) -> None:
        """Queue the event, unless it is none that this reader waits for; a full queue is emptied, and leaves a mark."""
        if self._ends_only and event.kind not in TERMINAL_KINDS:
            return
        if len(self._news) < self._size:
            self._queue(event)
        else:
            self.interrupt()

    def found(self, operation: Operation | None) -> None:
        """What a look into the store has found: the operation changed, or gone."""
        self.unseen = False
        if operation is None or operation.user_id != self.user:
            self.interrupt()
        elif operation.done or not self._ends_only:
            self._queue(operation)

    def has_read(self) -> None:
        """The reader has read the store by now: a look from before that would show the operation as it was earlier."""
        self.read_at = time.monotonic()
        kept = [news for news in self._news if not isinstance(news, Operation)]
        self.unseen = self.unseen or len(kept) < len(self._news)
        self._news = deque(kept)

    def interrupt(self) -> None:
        """News may have been lost."""
        self._news.clear()
        self._queue(Mark.LOST)

    def close(self) -> None:
        self.closed = True
        self.interrupt()

    async def next(self, patience: float | None = None) -> News | None:
        """What comes next; None after `patience` seconds of silence (if None, it may last for ever). LOST at once when closed."""
        if self.closed:
            return Mark.LOST
        if not self._news:
            await self._wait(patience)
        return self._news.popleft() if self._news else None

    def _queue(self, news: News) -> None:
        self._news.append(news)
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _wait(self, patience: float | None) -> None:
        # A timer and no `asyncio.timeout`: thousands of readers come through here with every event.
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        timer = loop.call_later(patience, self._wake) if patience is not None else None
        try:
            await self._waiter
        finally:
            self._waiter = None
            if timer is not None:
                timer.cancel()


Show = Callable[[OperationEvent], bytes]
"""How a dialect words an event: one function for all its streams."""


@dataclass(slots=True)
class _Watched:
    """An operation with its subscriptions: when it was last heard of or looked at, by `time.monotonic()`, and how it was found."""

    known: float
    found: Operation | None = None
    subscriptions: set[Subscription] = field(default_factory=set)


class Hub:
    """Every event that Kafka brings, to whoever has subscribed to its operation; and a look into the store where none comes."""

    def __init__(self, store: OwnerStore, *, queue_size: int = 256, resync: float = 2.0) -> None:
        """`resync` seconds of silence about an operation are looked into."""
        self.store = store
        self._queue_size = queue_size
        self._resync = resync
        self._subscriptions: dict[OperationId, _Watched] = {}
        self._looking: asyncio.Task[None] | None = None
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
        return [subscription for watched in self._subscriptions.values() for subscription in watched.subscriptions]

    def publish(self, event: OperationEvent) -> None:
        watched = self._subscriptions.get(event.operation_id)
        if watched is None:
            return
        watched.known = time.monotonic()
        for subscription in watched.subscriptions:
            subscription.offer(event)

    @contextmanager
    def subscribe(self, user: UserId, operation_id: OperationId, *, ends_only: bool = False) -> Iterator[Subscription]:
        """The news of an operation; with `ends_only` just those that it has ended."""
        subscription = Subscription(user, self._queue_size, ends_only=ends_only)
        if self._closed:
            subscription.close()
        watched = self._subscriptions.setdefault(operation_id, _Watched(time.monotonic()))
        watched.subscriptions.add(subscription)
        self._watched.set()
        if self._looking is None:
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            yield subscription
        finally:
            watched.subscriptions.discard(subscription)
            if not watched.subscriptions:
                del self._subscriptions[operation_id]
            if not self._subscriptions and self._looking is not None:
                self._looking.cancel()
                self._looking = None

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._resync / 2)
            with suppress(Unavailable):  # it may be back before the next look
                await self._look()

    async def _look(self) -> None:
        """One look for all that nothing was heard of. Raises Unavailable."""
        began = time.monotonic()
        silent = [(i, watched) for i, watched in self._subscriptions.items() if began - watched.known >= _SILENT * self._resync]
        if not silent:
            return
        owned = {(subscription.user, i) for i, watched in silent for subscription in watched.subscriptions}
        found = {operation.id: operation for operation in await self.store.watched(tuple(owned))}
        for operation_id, watched in silent:
            if watched.known > began:
                continue  # an event has come meanwhile
            watched.known = began
            operation = found.get(operation_id)
            changed = operation is None or operation != watched.found
            watched.found = operation
            for subscription in tuple(watched.subscriptions):
                if subscription.read_at > began:
                    subscription.unseen = True
                elif changed or subscription.unseen:
                    subscription.found(operation)

    def shown(self, event: OperationEvent, show: Show) -> bytes:
        """`show(event)`, made once for all the streams that show the event so."""
        # Every stream has the same object, and all wake for it before the next one comes.
        last = self._shown.get(show)
        if last is None or last[0] is not event:
            last = self._shown[show] = event, show(event)
        return last[1]

    def close(self) -> None:
        """End every stream now, and every later one at once: the gateway is shutting down."""
        self._closed = True
        self._heard.set()
        for subscription in self._every():
            subscription.close()


async def follow(
    hub: Hub, operation: Operation, *, after: int = 0, patience: float | None = None
) -> AsyncGenerator[OperationEvent | Operation | None, None]:
    """The stored events with `seq` > `after`, then live ones until the terminal event; no `seq` comes twice or out of order.

    `operation` is as it was just read; it is yielded again when it has changed and Kafka was silent. None after `patience`
    seconds without news. Ends early when the operation is gone or the hub is closed.
    """
    seen = after
    with hub.subscribe(operation.user_id, operation.id) as subscription:
        await hub.heard()  # what is only live would be missed before
        while (stored := await _stored(hub.store, operation, seen, subscription)) is not None:
            subscription.has_read()
            for event in stored:
                yield event
                seen = event.seq
            if len(stored) == _PAGE:
                continue
            # An earlier end is none, where the operation was tried again after it.
            ended = bool(stored) and stored[-1].kind in TERMINAL_KINDS
            if ended or operation.done or subscription.closed:
                return
            while not isinstance(news := await subscription.next(patience), Mark):
                if isinstance(news, OperationEvent):
                    if news.seq > seen + 1:
                        break  # an event is missing: the store has it
                    if news.seq in {0, seen + 1}:
                        yield news
                        seen = news.seq or seen
                    if news.kind in TERMINAL_KINDS:
                        return
                elif news is None:
                    yield None
                elif news != operation:
                    operation = news
                    yield news
                    break  # nobody has told how it came to be so: the store has that


async def _stored(
    store: OwnerStore, operation: Operation, after: int, subscription: Subscription
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
            await subscription.next(_AGAIN_SECONDS)
