"""Live events: replay, resuming, gaps, slow readers, silence, and the end."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from services.adapters.memory.broker import MemoryBroker
from services.adapters.memory.media import MemoryMedia
from services.adapters.memory.store import MemoryStore
from services.core.errors import NotFound, Unavailable
from services.core.model import Operation, OperationEvent, OperationId, StoryId
from services.core.ports import Claim, EventReceiver
from services.gateway import live
from services.gateway.dialects.stories import events
from services.gateway.live import Hub, Mark, Subscription, follow
from services.gateway.metrics import Metrics
from services.gateway.waiting import until_done
from tests.builders import ALICE, BOB, NOW
from tests.fixtures.gateway_app import Served


@dataclass(frozen=True)
class Message:
    kind: str
    id: str
    data: Any


def parse(text: str) -> list[Message]:
    """The messages of a stream; comments are left out."""
    messages = []
    for block in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if line and not line.startswith(":"))
        if fields:
            messages.append(Message(fields["event"], fields.get("id", ""), json.loads(fields["data"])))
    return messages


async def _running(served: Served) -> tuple[OperationId, Claim]:
    name = await served.begin()
    claim, _ = await served.claim(name)
    return name, claim


async def _step(served: Served, claim: Claim, number: int) -> OperationEvent:
    return await served.store.append_event(claim, "step_started", {"step": "keyframe", "number": number})


async def _stream(served: Served, name: OperationId, **more: Any) -> list[Message]:
    answer = await served.ask("GET", f"/v1/operations/{name}/events", **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return parse(answer.text)


async def _subscribed(served: Served, name: OperationId) -> None:
    """Returns once a stream of this operation waits for news."""
    for _ in range(10_000):
        if name in served.hub._subscriptions:
            return
        await asyncio.sleep(0)
    pytest.fail("nobody subscribed")


# -- the stream ----------------------------------------------------------------------------------------------------------------


async def test_an_ended_operation_is_told_from_its_beginning(served: Served) -> None:
    name, claim = await _running(served)
    await _step(served, claim, 1)
    await served.store.finish(claim)
    messages = await _stream(served, name)
    assert [(m.kind, m.id) for m in messages] == [
        ("operation", ""),
        ("queued", "1"),
        ("started", "2"),
        ("step_started", "3"),
        ("succeeded", "4"),
    ]
    asked = await served.get(f"/v1/operations/{name}")
    for told_by_the_events in ("steps", "queue_position", "eta_seconds"):
        del asked["metadata"][told_by_the_events]
    assert messages[0].data == asked
    assert messages[3].data["data"] == {"step": "keyframe", "number": 1}
    assert set(messages[3].data) == {"seq", "at", "kind", "operation_id", "story_id", "data"}


async def test_what_happens_is_told_as_it_happens(served: Served) -> None:
    name, claim = await _running(served)
    watching = asyncio.create_task(_stream(served, name))
    await _subscribed(served, name)
    progress = OperationEvent(
        name, ALICE, (await served.store.operation(ALICE, name)).story_id, 0, NOW, "progress", {"progress": 0.5}
    )
    served.announcer.tell(events=[await _step(served, claim, 1), progress])
    served.announcer.tell(events=[(await served.store.finish(claim)).event])
    messages = await watching
    assert [(m.kind, m.id) for m in messages] == [
        ("operation", ""),
        ("queued", "1"),
        ("started", "2"),
        ("step_started", "3"),
        ("progress", ""),
        ("succeeded", "4"),
    ]
    assert messages[4].data["data"] == {"progress": 0.5}


@pytest.mark.parametrize("how", ["header", "query"])
async def test_a_stream_goes_on_where_it_broke_off(served: Served, how: str) -> None:
    name, claim = await _running(served)
    for number in range(3):
        await _step(served, claim, number)
    await served.store.finish(claim)
    whole = await _stream(served, name)
    for seen in range(1, 6):
        more = {"headers": {"Last-Event-ID": str(seen)}} if how == "header" else {"params": {"last_event_id": str(seen)}}
        rest = await _stream(served, name, **more)
        assert [m.id for m in rest] == ["", *(str(n) for n in range(seen + 1, 7))]
        assert rest[1:] == whole[seen + 1 :]


async def test_nothing_is_left_to_tell_so_a_browser_stops_reconnecting(served: Served) -> None:
    name, claim = await _running(served)
    await served.store.finish(claim)
    answer = await served.ask("GET", f"/v1/operations/{name}/events", headers={"Last-Event-ID": "3"})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "9" * 10, "١"])
async def test_an_event_id_that_is_none(served: Served, text: str) -> None:
    name = await served.begin()
    answer = await served.ask("GET", f"/v1/operations/{name}/events", params={"last_event_id": text})
    assert (answer.status_code, answer.json()["reason"]) == (400, "BAD_EVENT_ID")
    assert answer.json()["errors"][0]["field"] == "query.last_event_id"


async def test_the_events_as_a_list(served: Served) -> None:
    name, claim = await _running(served)
    await _step(served, claim, 1)
    path = f"/v1/operations/{name}/events"
    listed = (await served.get(path, headers={"Accept": "application/json"}))["events"]
    assert [event["kind"] for event in listed] == ["queued", "started", "step_started"]
    rest = await served.get(path, headers={"Accept": "application/json", "Last-Event-ID": "2"})
    assert rest["events"] == listed[2:]


async def test_with_kafka_silent_nothing_is_missed(served: Served) -> None:
    name, claim = await _running(served)
    operation = await served.store.operation(ALICE, name)
    await served.store.heartbeat(claim, 60.0, progress=0.25, stage="pictures")
    seqs = []
    async for news in follow(Hub(served.store, resync=0.001), operation):
        if isinstance(news, OperationEvent):
            seqs.append(news.seq)
        elif news is not None and not news.done:
            assert (news.progress, news.stage) == (0.25, "pictures")
            await _step(served, claim, 1)
            await served.store.finish(claim)
    assert seqs == [1, 2, 3, 4]


async def test_a_closed_hub_ends_every_stream(served: Served) -> None:
    name, _ = await _running(served)
    watching = asyncio.create_task(_stream(served, name))
    await _subscribed(served, name)
    served.hub.close()
    assert [m.id for m in await watching] == ["", "1", "2"]
    assert [m.kind for m in await _stream(served, name)] == ["operation", "queued", "started"], "what is stored, and no more"
    assert served.hub._subscriptions == {}


async def test_open_streams_are_counted(served: Served) -> None:
    name, claim = await _running(served)
    watching = asyncio.create_task(_stream(served, name))
    await _subscribed(served, name)
    assert "storyreel_gateway_event_streams 1.0" in (await served.ask("GET", "/metrics")).text
    served.announcer.tell(events=[(await served.store.finish(claim)).event])
    await watching
    assert "storyreel_gateway_event_streams 0.0" in (await served.ask("GET", "/metrics")).text


# -- following -----------------------------------------------------------------------------------------------------------------


async def _collect(source: AsyncGenerator[OperationEvent | Operation | None, None]) -> list[int]:
    return [news.seq async for news in source if isinstance(news, OperationEvent)]


async def test_doubled_late_and_missing_events_come_out_once_and_in_order(served: Served) -> None:
    name, claim = await _running(served)
    operation = await served.store.operation(ALICE, name)
    following = asyncio.create_task(_collect(follow(served.hub, operation)))
    await _subscribed(served, name)
    first, second, third = [await _step(served, claim, number) for number in range(3)]
    end = (await served.store.finish(claim)).event
    for event in (first, first, third, second, end, third):
        served.hub.publish(event)
    assert await following == [1, 2, 3, 4, 5, 6]


async def test_a_slow_reader_loses_nothing(served: Served) -> None:
    name, claim = await _running(served)
    hub = Hub(served.store, queue_size=2)
    operation = await served.store.operation(ALICE, name)
    source = follow(hub, operation)
    seqs = [(await anext(source)).seq for _ in range(2)]  # type: ignore[union-attr]  # the first are stored events
    for number in range(20):
        hub.publish(await _step(served, claim, number))
    hub.publish((await served.store.finish(claim)).event)
    assert seqs + await _collect(source) == list(range(1, 24))


async def test_no_snapshot_is_older_than_an_event_before_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the event comes while the store is looked into, nor where the stream itself has read on since."""
    name, claim = await _running(served)
    hub = Hub(served.store, resync=60.0)
    real = served.store.watched

    meanwhile: list[Awaitable[None]] = []

    async def overtaken(which: Any) -> Any:
        before = await real(which)
        while meanwhile:
            await meanwhile.pop()
        return before

    monkeypatch.setattr(served.store, "watched", overtaken)

    async def look() -> None:
        hub._subscriptions[name].known -= 60.0
        await hub._look()

    async with aclosing(follow(hub, await served.store.operation(ALICE, name), patience=0.01)) as stream:
        assert [(await anext(stream)).seq for _ in range(2)] == [1, 2]  # type: ignore[union-attr]  # stored events
        assert await anext(stream) is None

        async def told() -> None:
            hub.publish(await _step(served, claim, 1))

        meanwhile.append(told())
        await look()
        assert (await anext(stream)).kind == "step_started"  # type: ignore[union-attr]
        assert await anext(stream) is None

        async def read() -> None:
            await _step(served, claim, 2)  # which nobody tells of
            (subscription,) = hub._subscriptions[name].subscriptions
            subscription.interrupt()
            assert (await anext(stream)).seq == 4  # type: ignore[union-attr]

        meanwhile.append(read())
        await look()
        assert await anext(stream) is None
        await look()
        assert isinstance(await anext(stream), Operation), "how it stands now"


async def test_a_stream_that_claims_to_know_the_future_still_ends(served: Served) -> None:
    name, claim = await _running(served)
    operation = await served.store.operation(ALICE, name)
    following = asyncio.create_task(_collect(follow(served.hub, operation, after=99)))
    await _subscribed(served, name)
    served.hub.publish((await served.store.finish(claim)).event)
    assert await following == []


async def test_a_stream_outlives_the_database(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name, claim = await _running(served)
    operation = await served.store.operation(ALICE, name)
    real, calls = served.store.events, 0

    async def flaky(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise Unavailable("DATABASE_UNAVAILABLE")
        return await real(*args, **kwargs)

    monkeypatch.setattr(served.store, "events", flaky)
    monkeypatch.setattr(live, "_AGAIN_SECONDS", 0.001)
    await served.store.finish(claim)
    assert await _collect(follow(served.hub, operation)) == [1, 2, 3]


async def test_a_stream_ends_with_its_story(served: Served) -> None:
    name, _ = await _running(served)
    operation = await served.store.operation(ALICE, name)

    class Gone:
        async def events(self, *_: Any, **__: Any) -> Any:
            raise NotFound("OPERATION_NOT_FOUND", id=name)

    gone: Any = Gone()
    assert await _collect(follow(Hub(gone), operation)) == []


async def test_an_overfull_queue_leaves_one_mark() -> None:
    subscription = Subscription(ALICE, 2)
    event = OperationEvent(OperationId(ALICE), ALICE, StoryId(ALICE), 1, NOW, "x", {})
    for _ in range(4):
        subscription.offer(event)
    assert [await subscription.next(0.001) for _ in range(3)] == [Mark.LOST, event, None]


async def test_a_silent_stream_is_kept_alive(served: Served) -> None:
    operation = await served.store.operation(ALICE, await served.begin())

    async def silence() -> AsyncGenerator[OperationEvent | Operation | None, None]:
        yield None
        yield operation
        yield replace(operation, progress=0.5)
        yield replace(operation, progress=0.5)

    stream = events.encode(operation, silence(), hub=served.hub, language=None, metrics=Metrics())
    chunks = [chunk async for chunk in stream]
    assert [chunk.split(b"\n")[0] for chunk in chunks] == [b"event: operation", b": ping", b"event: operation"]


async def test_silence_is_told_of_after_a_while(served: Served) -> None:
    operation = await served.store.operation(ALICE, await served.begin())
    source = follow(served.hub, operation, after=1, patience=0.001)
    async with asyncio.timeout(5), aclosing(source):
        assert [await anext(source) for _ in range(2)] == [None, None]


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
    running = [await _running(served) for _ in range(20)]
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
    loud, claim = await _running(served)
    silent, _ = await _running(served)
    with hub.subscribe(ALICE, loud) as one, hub.subscribe(ALICE, silent) as other:
        for watched in hub._subscriptions.values():
            watched.known -= 60.0
        event = await _step(served, claim, 1)
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
    name, claim = await _running(served)
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
    name, claim = await _running(served)
    waited = asyncio.create_task(until_done(served.hub, ALICE, name, seconds=30.0))
    await _subscribed(served, name)
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
