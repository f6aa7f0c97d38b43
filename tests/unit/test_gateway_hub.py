"""What the hub does beside streams: one look for all that is silent, and no reading of Kafka that nobody watches."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from services.adapters.memory.broker import MemoryBroker
from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.store import MemoryStore
from services.core.model import OperationEvent, OperationId, StoryId
from services.core.ports import EventReceiver
from services.gateway import live
from services.gateway.live import Hub, Mark
from services.gateway.waiting import until_done
from tests.builders import ALICE, BOB, NOW
from tests.fixtures.gateway_app import Served
from tests.fixtures.streams import begun, stepped, subscribed

# -- one look for all that is silent -------------------------------------------------------------------------------------------


def _count_looks(served: Served, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Of how many operations each look was."""
    looks: list[int] = []
    real = served.store.watched

    async def counted(which: Any) -> Any:
        looks.append(len(which))
        return await real(which)

    monkeypatch.setattr(served.store, "watched", counted)
    return looks


async def test_one_look_serves_all_that_are_waited_for_in_silence(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = _count_looks(served, monkeypatch)
    hub = Hub(served.store, resync=0.4)
    running = [await begun(served) for _ in range(20)]
    waits = [asyncio.create_task(until_done(hub, ALICE, name, seconds=30.0)) for name, _ in running for _ in range(3)]
    while sum(len(watched.subscriptions) for watched in hub._subscriptions.values()) < len(waits):  # noqa: ASYNC110 -- nothing tells
        await asyncio.sleep(0)
    for _, claim in running:
        await served.store.finish(claim)  # and its event is lost
    async with asyncio.timeout(5):
        assert all(operation.done for operation in await asyncio.gather(*waits))
    assert looks == [20]
    assert hub._subscriptions == {}


async def test_what_is_heard_of_is_not_looked_at_and_what_stays_as_it_was_wakes_nobody(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = _count_looks(served, monkeypatch)
    hub = Hub(served.store, resync=60.0)
    loud, claim = await begun(served)
    silent, _ = await begun(served)
    with hub.subscribe(ALICE, loud) as one, hub.subscribe(ALICE, silent) as other:
        for watched in hub._subscriptions.values():
            watched.known -= 60.0
        event = await stepped(served, claim, 1)
        hub.publish(event)
        await hub._look()
        assert looks == [1]
        assert await one.next(0.001) == event
        assert await one.next(0.001) is None
        assert await other.next(0.001) == await served.store.operation(ALICE, silent)
        hub._subscriptions[silent].known -= 60.0
        await hub._look()
        assert looks == [1, 1]
        assert await other.next(0.001) is None


async def test_a_look_tells_nobody_of_what_is_anothers(served: Served) -> None:
    hub = Hub(served.store, resync=60.0)
    name, claim = await begun(served)
    with hub.subscribe(BOB, name) as others, hub.subscribe(ALICE, name, ends_only=True) as mine:
        for ended in (False, True):
            if ended:
                await served.store.finish(claim)
            hub._subscriptions[name].known -= 60.0
            await hub._look()
            assert await others.next(0.001) is Mark.LOST, "who asks the store hears that there is nothing"
            found = await mine.next(0.001)
            assert found == (await served.store.operation(ALICE, name) if ended else None)


# -- whether Kafka is read at all ----------------------------------------------------------------------------------------------


class Opener:
    """Opens the twin's receiver once it may; `opened` and `closed` tell that it has."""

    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self.may_open, self.opened, self.closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[EventReceiver]:
        await self.may_open.wait()
        async with self._broker.open_event_receiver() as receiver:
            self.opened.set()
            yield receiver
        self.closed.set()


async def test_what_happens_before_kafka_is_read_is_found_in_the_store() -> None:
    served = Served(MemoryStore(), MemoryMedia())
    opener = Opener(served.broker)
    running = asyncio.create_task(served.hub.run(opener))
    name, claim = await begun(served)
    waited = asyncio.create_task(until_done(served.hub, ALICE, name, seconds=30.0))
    await subscribed(served, name)
    await served.store.finish(claim)  # whose event nobody hears
    assert not opener.opened.is_set()
    opener.may_open.set()
    async with asyncio.timeout(10):
        assert (await waited).done
    running.cancel()
    await asyncio.wait((running,))


async def test_kafka_is_read_only_while_somebody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LINGER_SECONDS", 0.02)
    monkeypatch.setattr(live, "_LOOK_SECONDS", 0.005)
    broker, hub = MemoryBroker(), Hub(MemoryStore())
    opener = Opener(broker)
    opener.may_open.set()
    running = asyncio.create_task(hub.run(opener))
    event = OperationEvent(OperationId(uuid4()), ALICE, StoryId(uuid4()), 1, NOW, "started", {})
    async with asyncio.timeout(10):
        for _ in range(2):
            for _ in range(10):
                await asyncio.sleep(0)
            assert not opener.opened.is_set()
            with hub.subscribe(ALICE, event.operation_id) as subscription:
                assert await subscription.next(10.0) is Mark.LOST
                await broker.publish([event])
                assert await subscription.next(10.0) == event
                assert opener.opened.is_set()
                assert not opener.closed.is_set()
            await opener.closed.wait()
            opener.opened.clear()
            opener.closed.clear()
    running.cancel()
    await asyncio.wait((running,))
