"""The broker's twin: the same promises as Kafka's adapter, within one process and without a wait."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Self

from services.core.errors import Unavailable
from services.core.model import OperationEvent, OperationId
from services.core.ports import EventSender, WakeUp, WakeUpSender


class MemoryBroker:
    """Both topics. Set `up` to False to see what callers do when the broker is away; nothing that was sent is lost."""

    def __init__(self) -> None:
        self.up = True
        self._log: list[OperationId] = []
        self._groups: dict[str, _Group] = {}
        self._event_readers: set[MemoryEventReceiver] = set()

    def wakeup_sender(self) -> WakeUpSender:
        return self

    def event_sender(self) -> EventSender:
        return self

    async def announce(self, ids: Sequence[OperationId]) -> None:
        if not self.up:
            raise Unavailable("BROKER_UNAVAILABLE", servers="memory", problem="switched off")
        self._log.extend(ids)
        for group in self._groups.values():
            group.put(ids)

    async def publish(self, events: Sequence[OperationEvent]) -> None:
        if self.up:
            for reader in self._event_readers:
                reader.put(events)

    @asynccontextmanager
    async def open_wakeup_receiver(self, group: str) -> AsyncIterator["MemoryWakeUpReceiver"]:
        """A member of the group; what it leaves unsettled goes to another, or to the next."""
        shared = self._groups.setdefault(group, _Group(self._log))
        receiver = MemoryWakeUpReceiver(shared)
        shared.members.add(receiver)
        try:
            yield receiver
        finally:
            shared.leave(receiver)

    @asynccontextmanager
    async def open_event_receiver(self) -> AsyncIterator["MemoryEventReceiver"]:
        receiver = MemoryEventReceiver()
        self._event_readers.add(receiver)
        try:
            yield receiver
        finally:
            self._event_readers.remove(receiver)
            receiver.close()


class _Group:
    """What waits for a group, from the log's beginning, and who may take it."""

    def __init__(self, log: Sequence[OperationId]) -> None:
        self.waiting = deque(log)
        self.members: set[MemoryWakeUpReceiver] = set()

    def put(self, ids: Sequence[OperationId]) -> None:
        self.waiting.extend(ids)
        for member in self.members:
            member.look()

    def leave(self, member: "MemoryWakeUpReceiver") -> None:
        self.members.remove(member)
        self.put(member.close())


class MemoryWakeUpReceiver:
    """`ports.WakeUpReceiver`."""

    def __init__(self, group: _Group) -> None:
        self._group = group
        self._unsettled: dict[object, OperationId] = {}
        self._paused = self._closed = False
        self._look = asyncio.Event()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WakeUp:
        while self._paused or not self._group.waiting:
            if self._closed:
                raise StopAsyncIteration
            self._look.clear()
            await self._look.wait()
        taken = _MemoryWakeUp(self._group.waiting.popleft(), lambda: self._unsettled.pop(taken, None))
        self._unsettled[taken] = taken.operation_id
        return taken

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self.look()

    @property
    def waiting(self) -> int:
        return len(self._group.waiting)

    def look(self) -> None:
        """Something may have come."""
        self._look.set()

    def close(self) -> tuple[OperationId, ...]:
        """End the iteration; answers what was taken and not settled."""
        self._closed = self._paused = True
        self.look()
        return tuple(self._unsettled.values())


class _MemoryWakeUp:
    """`ports.WakeUp`."""

    def __init__(self, operation_id: OperationId, settled: Callable[[], object]) -> None:
        self.operation_id = operation_id
        self._settled = settled

    async def settle(self) -> None:
        self._settled()


class MemoryEventReceiver:
    """`ports.EventReceiver`."""

    def __init__(self) -> None:
        self._events: asyncio.Queue[OperationEvent | None] = asyncio.Queue()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> OperationEvent:
        event = await self._events.get()
        if event is None:
            raise StopAsyncIteration
        return event

    def put(self, events: Sequence[OperationEvent]) -> None:
        for event in events:
            self._events.put_nowait(event)

    def close(self) -> None:
        self._events.put_nowait(None)
