"""Waiting for an operation's end: woken, looking into the store only in silence, and given up with the client."""

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
from starlette.requests import ClientDisconnect, Request

from services.core.errors import Unavailable
from services.core.model import OperationEvent, OperationId, UserId
from services.gateway import waiting
from services.gateway.live import Hub
from tests.builders import ALICE, NOW
from tests.fixtures.gateway_app import STORY, Served


async def _subscribed(hub: Hub) -> OperationId:
    """Returns once somebody waits for an operation's news: which."""
    for _ in range(10_000):
        if hub._subscriptions:
            return next(iter(hub._subscriptions))
        await asyncio.sleep(0)
    pytest.fail("nobody subscribed")


def _count_reads(served: Served, monkeypatch: pytest.MonkeyPatch) -> Counter[OperationId]:
    reads: Counter[OperationId] = Counter()
    real = served.store.operation

    async def counted(user: Any, operation_id: OperationId) -> Any:
        reads[operation_id] += 1
        return await real(user, operation_id)

    monkeypatch.setattr(served.store, "operation", counted)
    return reads


async def test_a_wait_is_woken_by_the_end_and_reads_the_store_twice(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await served.begin()
    claim, work = await served.claim(name)
    reads = _count_reads(served, monkeypatch)
    waited = asyncio.create_task(waiting.until_done(served.hub, ALICE, name, seconds=30))
    await _subscribed(served.hub)
    progress = OperationEvent(name, ALICE, work.story.id, 0, NOW, "progress", {"progress": 0.5})
    for _ in range(20):
        served.hub.publish(progress)
    served.hub.publish((await served.store.finish(claim)).event)
    async with asyncio.timeout(5):
        assert (await waited).done
    assert reads[name] == 2
    assert name not in served.hub._subscriptions


async def test_an_end_between_the_question_and_the_wait_is_not_missed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await served.begin()
    claim, _ = await served.claim(name)
    real = served.hub.subscribe

    def ending_first(user: UserId, operation_id: OperationId, **more: Any) -> Any:
        asyncio.get_running_loop().create_task(served.store.finish(claim)).add_done_callback(
            lambda task: served.hub.publish(task.result().event)
        )
        return real(user, operation_id, **more)

    monkeypatch.setattr(served.hub, "subscribe", ending_first)
    async with asyncio.timeout(5):
        answer = await served.ask("POST", f"/v1/operations/{name}:wait")
    assert answer.json()["status"] == "succeeded"


@pytest.mark.parametrize(
    "asked",
    [{"json": {"timeout": 0.01}}, {"json": {"timeout": "0.01s"}}, {"params": {"timeout": "0.01"}}, {"json": {"timeout": 0}}],
)
async def test_a_wait_that_is_over_answers_with_how_it_is_now(served: Served, asked: dict[str, Any]) -> None:
    name = await served.begin()
    answer = await served.ask("POST", f"/v1/operations/{name}:wait", **asked)
    assert (answer.status_code, answer.json()["status"], answer.json()["metadata"]["queue_position"]) == (200, "queued", 1)


async def test_nobody_waits_longer_than_a_minute(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "LONGEST_SECONDS", 0.02)
    name = await served.begin()
    began = time.monotonic()
    for asked in ({}, {"json": {"timeout": 3600}}, {"json": {"timeout": "3600s"}}):
        assert (await served.ask("POST", f"/v1/operations/{name}:wait", **asked)).json()["status"] == "queued"
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("given", [-1, "soon", "-1s", True, [], {}, "1e3", "１"])
async def test_a_timeout_that_is_none(served: Served, given: object) -> None:
    name = await served.begin()
    problem = await served.refused(400, "BAD_SECONDS", path=f"/v1/operations/{name}:wait", json={"timeout": given})
    assert problem["errors"][0]["field"] == "body.timeout"
    if isinstance(given, str):
        in_query = await served.ask("POST", f"/v1/operations/{name}:wait", params={"timeout": given})
        assert (in_query.status_code, in_query.json()["errors"][0]["field"]) == (400, "query.timeout")


async def test_a_gateway_that_goes_down_answers_who_waits_at_once(served: Served) -> None:
    name = await served.begin()
    waited = asyncio.create_task(served.ask("POST", f"/v1/operations/{name}:wait"))
    await _subscribed(served.hub)
    served.hub.close()
    async with asyncio.timeout(5):
        assert (await waited).json()["status"] == "queued"


async def test_lost_events_are_made_up_for_from_the_store(served: Served) -> None:
    name = await served.begin()
    claim, work = await served.claim(name)
    hub = Hub(served.store, queue_size=1)
    waited = asyncio.create_task(waiting.until_done(hub, ALICE, name, seconds=30))
    await _subscribed(hub)
    await served.store.finish(claim)
    for _ in range(3):  # ends, of which the queue holds one
        hub.publish(OperationEvent(name, ALICE, work.story.id, 0, NOW, "failed", {}))
    async with asyncio.timeout(5):
        assert (await waited).done


async def test_a_wait_outlives_a_database_that_is_away_for_a_look(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    name = await served.begin()
    claim, _ = await served.claim(name)
    real, answers = served.store.watched, iter([False, False])

    async def flaky(which: Any) -> Any:
        if not next(answers, True):
            raise Unavailable("DATABASE_UNAVAILABLE")
        await served.store.finish(claim)  # and its event is lost
        return await real(which)

    monkeypatch.setattr(served.store, "watched", flaky)
    async with asyncio.timeout(5):
        assert (await waiting.until_done(Hub(served.store, resync=0.02), ALICE, name, seconds=30)).done


# -- Prefer: wait ------------------------------------------------------------------------------------------------------------


async def test_a_create_that_prefers_to_wait_is_answered_with_the_end(served: Served) -> None:
    creating = asyncio.create_task(served.ask("POST", "/v1/stories", json=STORY, headers={"Prefer": "wait=30"}))
    claim, work = await served.claim(await _subscribed(served.hub))
    served.hub.publish((await served.store.finish(claim)).event)
    async with asyncio.timeout(5):
        answer = await creating
    assert (answer.status_code, answer.headers["preference-applied"]) == (200, "wait=30")
    body = answer.json()
    assert (body["state"], body["done"], body["response"]["name"]) == ("succeeded", True, f"stories/{work.story.id}")
    assert "error" not in body


async def test_a_create_whose_time_is_over_says_how_far_it_is(served: Served) -> None:
    answer = await served.ask("POST", "/v1/stories", json=STORY, headers={"Prefer": "respond-async, wait=0"})
    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=0")
    assert (answer.json()["state"], answer.json()["done"], answer.headers["retry-after"]) == ("queued", False, "1")


async def test_a_get_that_prefers_to_wait(served: Served) -> None:
    name = await served.begin()
    asked = asyncio.create_task(served.ask("GET", f"/v1/operations/{name}", headers={"Prefer": "wait=3600"}))
    await _subscribed(served.hub)
    served.announcer.tell(events=(await served.store.request_cancel(ALICE, name))[1].events)
    async with asyncio.timeout(5):
        answer = await asked
    assert (answer.headers["preference-applied"], answer.json()["error"]["code"]) == ("wait=60", 1)


@pytest.mark.parametrize("preference", ["wait", "wait=", "wait=soon", "wait=-1", "respond-async", "awaits=3"])
async def test_a_preference_that_cannot_be_read_is_not_applied(served: Served, preference: str) -> None:
    name = await served.begin()
    answer = await served.ask("GET", f"/v1/operations/{name}", headers={"Prefer": preference})
    assert (answer.status_code, "preference-applied" in answer.headers) == (200, False)


async def test_a_client_that_hangs_up_is_waited_for_no_longer(served: Served) -> None:
    name = await served.begin()
    left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await left.wait()
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "headers": []}, receive)
    wait = waiting.until_done(served.hub, ALICE, name, seconds=60)
    waited = asyncio.create_task(waiting.while_connected(request, wait))
    await _subscribed(served.hub)
    left.set()
    async with asyncio.timeout(5):
        with pytest.raises(ClientDisconnect):
            await waited
    assert name not in served.hub._subscriptions
