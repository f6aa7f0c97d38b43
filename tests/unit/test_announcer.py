"""Announcing after the commit: coalesced, never in the caller's way, nothing marked that the broker did not take."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest

from services.core.announcer import Announcer
from services.core.errors import Unavailable
from services.core.model import OperationEvent, OperationId
from tests.builders import ALICE, NOW, story


class Ends:
    """The outbox and the broker's sending ends, with a gate before each send."""

    def __init__(self) -> None:
        self.announced: list[tuple[OperationId, ...]] = []
        self.marked: list[OperationId] = []
        self.published: list[OperationEvent] = []
        self.told_of_marks: list[OperationEvent] = []
        self.open = asyncio.Event()
        self.sent = asyncio.Event()
        self.marking = asyncio.Event()
        self.ago = 0.0
        self.broken = False

    async def announce(self, ids: Sequence[OperationId]) -> None:
        await self.open.wait()
        self.announced.append(tuple(ids))
        self.sent.set()
        if self.broken:
            raise Unavailable("NOT_READY", parts="broker")

    async def mark_announced(self, ids: Sequence[OperationId], *, ago: float = 0.0) -> Sequence[OperationEvent]:
        self.marked += ids
        self.ago = ago
        self.marking.set()
        return self.told_of_marks

    async def publish(self, events: Sequence[OperationEvent]) -> None:
        self.published += events

    async def ready(self) -> None: ...

    async def live_workers(self, within: float) -> int:
        return 0


@asynccontextmanager
async def announcing(ends: Ends) -> AsyncIterator[Announcer]:
    announcer = Announcer(ends, ends, ends)
    task = asyncio.create_task(announcer.run())
    yield announcer
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture
def ends() -> Ends:
    return Ends()


def ids(count: int) -> list[OperationId]:
    return [OperationId(uuid4()) for _ in range(count)]


async def test_what_is_told_during_a_send_goes_out_together_in_the_next(ends: Ends) -> None:
    first, *rest = ids(4)
    async with announcing(ends) as announcer:
        announcer.tell(operations=[first])
        await asyncio.sleep(0)
        for operation in rest:
            announcer.tell(operations=[operation])
        ends.open.set()
        await ends.sent.wait()
    assert ends.announced == [(first,), tuple(rest)]
    assert ends.marked == [first, *rest]


async def test_what_waits_at_the_end_is_still_sent(ends: Ends) -> None:
    ends.open.set()
    (operation,) = ids(1)
    async with announcing(ends) as announcer:
        await asyncio.sleep(0)
        announcer.tell(operations=[operation])
    assert ends.marked == [operation]


async def test_what_was_being_sent_at_the_end_is_sent_again(ends: Ends) -> None:
    (operation,) = ids(1)
    async with announcing(ends) as announcer:
        announcer.tell(operations=[operation])
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_soon(ends.open.set)
    assert ends.marked == [operation]


async def test_a_broken_broker_leaves_the_operation_unannounced_and_events_still_go(ends: Ends) -> None:
    ends.open.set()
    ends.broken = True
    of = story()
    event = OperationEvent(ids(1)[0], ALICE, of.id, 1, NOW, "queued", {})
    async with announcing(ends) as announcer:
        announcer.tell(operations=ids(2), events=[event])
        await ends.sent.wait()
    assert not ends.marked
    assert ends.published == [event]


async def test_who_watches_hears_that_an_announcement_still_waits(ends: Ends) -> None:
    ends.open.set()
    (operation,) = ids(1)
    ends.told_of_marks = [OperationEvent(operation, ALICE, story().id, 2, NOW, "announced", {})]
    async with announcing(ends) as announcer:
        announcer.tell(operations=[operation])
        await ends.sent.wait()
        assert not ends.published
    assert ends.published == ends.told_of_marks


async def test_marks_come_later_and_together_and_say_how_old_they_are(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.core.announcer._MARK_SECONDS", 0.01)
    ends.open.set()
    first, second = ids(2)
    async with announcing(ends) as announcer:
        announcer.tell(operations=[first])
        await ends.sent.wait()
        assert not ends.marked
        announcer.tell(operations=[second])
        async with asyncio.timeout(5):
            await ends.marking.wait()
        assert ends.marked == [first, second]
        assert ends.ago >= 0.01
