"""What every broker promises: Kafka's adapter on a real broker and its twin in memory, held to the same."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

import pytest

from services.adapters import kafka
from services.adapters.kafka import senders
from services.adapters.memory.broker import MemoryBroker
from services.adapters.settings import BrokerSettings
from services.core.model import OperationEvent, OperationId, StoryId, UserId
from services.core.ports import EventReceiver, EventSender, WakeUpReceiver, WakeUpSender

T = TypeVar("T")

QUIET_SECONDS = 0.3
"""How long nothing must come for it to count as nothing: ten times what a record takes here."""


class Ends(Protocol):
    """A broker as its users see it."""

    def wakeup_sender(self) -> AbstractAsyncContextManager[WakeUpSender]: ...
    def wakeup_receiver(self, group: str = "workers") -> AbstractAsyncContextManager[WakeUpReceiver]: ...
    def event_sender(self) -> AbstractAsyncContextManager[EventSender]: ...
    def event_receiver(self) -> AbstractAsyncContextManager[EventReceiver]: ...


class KafkaEnds:
    def __init__(self, settings: BrokerSettings) -> None:
        self._settings = settings

    def wakeup_sender(self) -> AbstractAsyncContextManager[WakeUpSender]:
        return kafka.open_wakeup_sender(self._settings)

    def wakeup_receiver(self, group: str = "workers") -> AbstractAsyncContextManager[WakeUpReceiver]:
        return kafka.open_wakeup_receiver(self._settings, group)

    def event_sender(self) -> AbstractAsyncContextManager[EventSender]:
        return kafka.open_event_sender(self._settings)

    def event_receiver(self) -> AbstractAsyncContextManager[EventReceiver]:
        return kafka.open_event_receiver(self._settings)


class MemoryEnds:
    def __init__(self) -> None:
        self._broker = MemoryBroker()

    @asynccontextmanager
    async def wakeup_sender(self) -> AsyncIterator[WakeUpSender]:
        yield self._broker.wakeup_sender()

    def wakeup_receiver(self, group: str = "workers") -> AbstractAsyncContextManager[WakeUpReceiver]:
        return self._broker.open_wakeup_receiver(group)

    @asynccontextmanager
    async def event_sender(self) -> AsyncIterator[EventSender]:
        yield self._broker.event_sender()

    def event_receiver(self) -> AbstractAsyncContextManager[EventReceiver]:
        return self._broker.open_event_receiver()


@pytest.fixture(params=["memory", "kafka"])
def ends(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ends:
    if request.param == "memory":
        return MemoryEnds()
    # A busy machine is no broker that is away; test_broker_restarts.py has what happens when one is.
    monkeypatch.setattr(senders, "_PATIENCE_SECONDS", 20.0)
    return KafkaEnds(request.getfixturevalue("broker_settings"))


def operation_id() -> OperationId:
    return OperationId(uuid.uuid4())


def event(of: OperationId, seq: int, **data: Any) -> OperationEvent:
    at = datetime(2026, 2, 3, 4, 5, 6, 789_012, tzinfo=UTC)
    return OperationEvent(of, UserId(uuid.UUID(int=1)), StoryId(uuid.UUID(int=2)), seq, at, "step_finished", data)


async def take(source: AsyncIterator[T], count: int, *, within: float = 20.0) -> list[T]:
    async with asyncio.timeout(within):
        return [await anext(source) for _ in range(count)]


async def until(met: Callable[[], bool]) -> None:
    """Nothing signals what a broker tells beside its records."""
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def nothing_comes(source: AsyncIterator[Any]) -> None:
    with pytest.raises(TimeoutError):
        await take(source, 1, within=QUIET_SECONDS)


def ids(wakeups: Iterable[Any]) -> list[OperationId]:
    return sorted(each.operation_id for each in wakeups)


async def test_what_is_announced_arrives_once(ends: Ends) -> None:
    sent = [operation_id() for _ in range(20)]
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        await sender.announce(sent)
        assert ids(await take(aiter(receiver), 20)) == sorted(sent)
        await nothing_comes(aiter(receiver))


async def test_announced_before_the_first_worker_is_there(ends: Ends) -> None:
    sent = operation_id()
    async with ends.wakeup_sender() as sender:
        await sender.announce([sent])
        async with ends.wakeup_receiver() as receiver:
            assert ids(await take(aiter(receiver), 1)) == [sent]


async def test_announcing_nothing_is_nothing(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender:
        await sender.announce([])


async def test_what_was_not_settled_comes_to_the_next_member(ends: Ends) -> None:
    sent = [operation_id() for _ in range(6)]
    async with ends.wakeup_sender() as sender:
        await sender.announce(sent)
        async with ends.wakeup_receiver() as first:
            seen = await take(aiter(first), 6)
            settled = [wakeup for wakeup in seen if wakeup.operation_id == sent[0]]
            # Within its partition all before it must be settled too for it to stay away: settle whatever came earlier.
            for wakeup in seen[: seen.index(settled[0]) + 1]:
                await wakeup.settle()
            open_ones = seen[seen.index(settled[0]) + 1 :]
        async with ends.wakeup_receiver() as second:
            assert ids(await take(aiter(second), len(open_ones))) == ids(open_ones)
            await nothing_comes(aiter(second))


async def test_settled_out_of_order_nothing_unsettled_is_lost(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender:
        await sender.announce([operation_id() for _ in range(9)])
        async with ends.wakeup_receiver() as first:
            seen = await take(aiter(first), 9)
            kept, *others = seen
            for wakeup in reversed(others):
                await wakeup.settle()
        async with ends.wakeup_receiver() as second:
            again = await take(aiter(second), 1)
            while kept.operation_id not in ids(again):  # settled ones behind it in its partition may come again
                again += await take(aiter(second), 1)


async def test_all_settled_out_of_order_nothing_comes_again(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender:
        await sender.announce([operation_id() for _ in range(9)])
        async with ends.wakeup_receiver() as first:
            seen = await take(aiter(first), 9)
            await asyncio.gather(*(wakeup.settle() for wakeup in reversed(seen)))
        last = operation_id()
        await sender.announce([last])
        async with ends.wakeup_receiver() as second:
            assert ids(await take(aiter(second), 1)) == [last]
            await nothing_comes(aiter(second))


async def test_what_waits_is_told_to_a_member_that_has_taken_nothing(ends: Ends) -> None:
    """A watch over wake-ups that wait and do not come would else be blind for a member that is deaf from the beginning."""
    async with ends.wakeup_sender() as sender:
        await sender.announce([operation_id() for _ in range(9)])
        async with ends.wakeup_receiver() as first:
            await until(lambda: first.waiting == 9)
            await asyncio.gather(*(wakeup.settle() for wakeup in await take(aiter(first), 9)))
            assert first.waiting == 0
        await sender.announce([operation_id() for _ in range(4)])
        async with ends.wakeup_receiver() as second:  # begins where the first one has settled
            await until(lambda: second.waiting == 4)
            await take(aiter(second), 3)
            await until(lambda: second.waiting == 1)


async def test_two_members_share_what_comes(ends: Ends) -> None:
    sent = [operation_id() for _ in range(30)]
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as one, ends.wakeup_receiver() as two:
        await sender.announce(sent)
        seen: set[OperationId] = set()
        all_seen = asyncio.Event()

        async def work(receiver: WakeUpReceiver) -> None:
            async for wakeup in receiver:
                seen.add(wakeup.operation_id)
                await wakeup.settle()
                if len(seen) == 30:
                    all_seen.set()

        tasks = [asyncio.create_task(work(each)) for each in (one, two)]
        try:
            async with asyncio.timeout(20):
                await all_seen.wait()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    assert seen == set(sent)


async def test_another_group_sees_everything_too(ends: Ends) -> None:
    sent = operation_id()
    async with ends.wakeup_sender() as sender:
        await sender.announce([sent])
        for group in ("one", "two"):
            async with ends.wakeup_receiver(group) as receiver:
                (wakeup,) = await take(aiter(receiver), 1)
                assert wakeup.operation_id == sent
                await wakeup.settle()


async def test_a_paused_receiver_gives_nothing_until_it_is_resumed(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        await sender.announce([first := operation_id()])
        assert ids(await take(aiter(receiver), 1)) == [first]
        receiver.pause()
        await sender.announce([second := operation_id()])
        await nothing_comes(aiter(receiver))
        receiver.resume()
        assert ids(await take(aiter(receiver), 1)) == [second]


async def test_pausing_holds_back_what_has_been_fetched(ends: Ends) -> None:
    sent = [operation_id() for _ in range(10)]
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        await sender.announce(sent)
        seen = await take(aiter(receiver), 1)
        receiver.pause()
        await nothing_comes(aiter(receiver))
        receiver.resume()
        seen += await take(aiter(receiver), 9)
        assert ids(seen) == sorted(sent)


async def test_a_wait_is_ended_by_resume(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        await sender.announce([first := operation_id()])
        assert ids(await take(aiter(receiver), 1)) == [first]
        receiver.pause()
        waiting = asyncio.create_task(take(aiter(receiver), 1))
        await sender.announce([second := operation_id()])
        receiver.resume()
        assert ids(await waiting) == [second]


async def test_paused_before_it_has_begun(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        receiver.pause()
        await sender.announce([sent := operation_id()])
        with pytest.raises(TimeoutError):
            await take(aiter(receiver), 1, within=1.0)
        receiver.resume()
        assert ids(await take(aiter(receiver), 1)) == [sent]


async def test_a_cancelled_wait_loses_nothing(ends: Ends) -> None:
    async with ends.wakeup_sender() as sender, ends.wakeup_receiver() as receiver:
        await nothing_comes(aiter(receiver))
        await sender.announce([sent := operation_id()])
        assert ids(await take(aiter(receiver), 1)) == [sent]


async def test_iterations_end_with_the_block(ends: Ends) -> None:
    async with ends.wakeup_receiver() as wakeups, ends.event_receiver() as events:
        pass
    assert [each async for each in wakeups] == []
    assert [each async for each in events] == []


async def test_every_reader_of_events_gets_all_of_them_in_order(ends: Ends) -> None:
    operations = [operation_id() for _ in range(3)]
    async with ends.event_sender() as sender, ends.event_receiver() as one, ends.event_receiver() as two:
        for seq in range(1, 11):
            await sender.publish([event(of, seq) for of in operations])
        for receiver in (one, two):
            seen = await take(aiter(receiver), 30)
            for of in operations:
                assert [each.seq for each in seen if each.operation_id == of] == list(range(1, 11))


async def test_events_arrive_as_they_were(ends: Ends) -> None:
    sent = event(operation_id(), 7, progress=0.25, shot=3, text="雾中的林", none=None, parts=[1, {"deep": True}])
    async with ends.event_sender() as sender, ends.event_receiver() as receiver:
        await sender.publish([sent])
        assert await take(aiter(receiver), 1) == [sent]


async def test_events_from_before_are_not_shown(ends: Ends) -> None:
    of = operation_id()
    async with ends.event_sender() as sender:
        async with ends.event_receiver() as early:
            await sender.publish([event(of, seq) for seq in range(1, 6)])  # one batch: its end is not where it begins
            await take(aiter(early), 5)
        async with ends.event_receiver() as receiver:
            await sender.publish([event(of, 6)])
            assert [each.seq for each in await take(aiter(receiver), 1)] == [6]
