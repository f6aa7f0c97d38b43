"""Live events: replay, resuming, gaps, slow readers, silence, and the end."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import pytest

from services.core.errors import NotFound, Unavailable
from services.core.model import Operation, OperationEvent, OperationId, StoryId
from services.gateway import live
from services.gateway.dialects.stories import events
from services.gateway.live import Hub, Mark, Subscription, follow
from services.gateway.metrics import Metrics
from tests.builders import ALICE, NOW
from tests.fixtures.gateway_app import Served
from tests.fixtures.streams import begun, stepped, subscribed


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


async def _stream(served: Served, name: OperationId, **more: Any) -> list[Message]:
    answer = await served.ask("GET", f"/v1/operations/{name}/events", **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return parse(answer.text)


# -- the stream ----------------------------------------------------------------------------------------------------------------


async def test_an_ended_operation_is_told_from_its_beginning(served: Served) -> None:
    name, claim = await begun(served)
    await stepped(served, claim, 1)
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
    name, claim = await begun(served)
    watching = asyncio.create_task(_stream(served, name))
    await subscribed(served, name)
    progress = OperationEvent(
        name, ALICE, (await served.store.operation(ALICE, name)).story_id, 0, NOW, "progress", {"progress": 0.5}
    )
    served.announcer.tell(events=[await stepped(served, claim, 1), progress])
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
    name, claim = await begun(served)
    for number in range(3):
        await stepped(served, claim, number)
    await served.store.finish(claim)
    whole = await _stream(served, name)
    for seen in range(1, 6):
        more = {"headers": {"Last-Event-ID": str(seen)}} if how == "header" else {"params": {"last_event_id": str(seen)}}
        rest = await _stream(served, name, **more)
        assert [m.id for m in rest] == ["", *(str(n) for n in range(seen + 1, 7))]
        assert rest[1:] == whole[seen + 1 :]


async def test_nothing_is_left_to_tell_so_a_browser_stops_reconnecting(served: Served) -> None:
    name, claim = await begun(served)
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
    name, claim = await begun(served)
    await stepped(served, claim, 1)
    path = f"/v1/operations/{name}/events"
    listed = (await served.get(path, headers={"Accept": "application/json"}))["events"]
    assert [event["kind"] for event in listed] == ["queued", "started", "step_started"]
    rest = await served.get(path, headers={"Accept": "application/json", "Last-Event-ID": "2"})
    assert rest["events"] == listed[2:]


async def test_with_kafka_silent_nothing_is_missed(served: Served) -> None:
    name, claim = await begun(served)
    operation = await served.store.operation(ALICE, name)
    await served.store.heartbeat(claim, 60.0, progress=0.25, stage="pictures")
    seqs = []
    async for news in follow(Hub(served.store, resync=0.001), operation):
        if isinstance(news, OperationEvent):
            seqs.append(news.seq)
        elif news is not None and not news.done:
            assert (news.progress, news.stage) == (0.25, "pictures")
            await stepped(served, claim, 1)
            await served.store.finish(claim)
    assert seqs == [1, 2, 3, 4]


async def test_a_closed_hub_ends_every_stream(served: Served) -> None:
    name, _ = await begun(served)
    watching = asyncio.create_task(_stream(served, name))
    await subscribed(served, name)
    served.hub.close()
    assert [m.id for m in await watching] == ["", "1", "2"]
    assert [m.kind for m in await _stream(served, name)] == ["operation", "queued", "started"], "what is stored, and no more"
    assert served.hub._subscriptions == {}


async def test_open_streams_are_counted(served: Served) -> None:
    name, claim = await begun(served)
    watching = asyncio.create_task(_stream(served, name))
    await subscribed(served, name)
    assert "storyreel_gateway_event_streams 1.0" in (await served.ask("GET", "/metrics")).text
    served.announcer.tell(events=[(await served.store.finish(claim)).event])
    await watching
    assert "storyreel_gateway_event_streams 0.0" in (await served.ask("GET", "/metrics")).text


# -- following -----------------------------------------------------------------------------------------------------------------


async def _collect(source: AsyncGenerator[OperationEvent | Operation | None, None]) -> list[int]:
    return [news.seq async for news in source if isinstance(news, OperationEvent)]


async def test_doubled_late_and_missing_events_come_out_once_and_in_order(served: Served) -> None:
    name, claim = await begun(served)
    operation = await served.store.operation(ALICE, name)
    following = asyncio.create_task(_collect(follow(served.hub, operation)))
    await subscribed(served, name)
    first, second, third = [await stepped(served, claim, number) for number in range(3)]
    end = (await served.store.finish(claim)).event
    for event in (first, first, third, second, end, third):
        served.hub.publish(event)
    assert await following == [1, 2, 3, 4, 5, 6]


async def test_a_slow_reader_loses_nothing(served: Served) -> None:
    name, claim = await begun(served)
    hub = Hub(served.store, queue_size=2)
    operation = await served.store.operation(ALICE, name)
    source = follow(hub, operation)
    seqs = [(await anext(source)).seq for _ in range(2)]  # type: ignore[union-attr]  # the first are stored events
    for number in range(20):
        hub.publish(await stepped(served, claim, number))
    hub.publish((await served.store.finish(claim)).event)
    assert seqs + await _collect(source) == list(range(1, 24))


async def test_no_snapshot_is_older_than_an_event_before_it(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where the event comes while the store is looked into, nor where the stream itself has read on since."""
    name, claim = await begun(served)
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
            hub.publish(await stepped(served, claim, 1))

        meanwhile.append(told())
        await look()
        assert (await anext(stream)).kind == "step_started"  # type: ignore[union-attr]
        assert await anext(stream) is None

        async def read() -> None:
            await stepped(served, claim, 2)  # which nobody tells of
            (subscription,) = hub._subscriptions[name].subscriptions
            subscription.interrupt()
            assert (await anext(stream)).seq == 4  # type: ignore[union-attr]

        meanwhile.append(read())
        await look()
        assert await anext(stream) is None
        await look()
        assert isinstance(await anext(stream), Operation), "how it stands now"


async def test_a_stream_that_claims_to_know_the_future_still_ends(served: Served) -> None:
    name, claim = await begun(served)
    operation = await served.store.operation(ALICE, name)
    following = asyncio.create_task(_collect(follow(served.hub, operation, after=99)))
    await subscribed(served, name)
    served.hub.publish((await served.store.finish(claim)).event)
    assert await following == []


async def test_a_stream_outlives_the_database(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name, claim = await begun(served)
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
    name, _ = await begun(served)
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
