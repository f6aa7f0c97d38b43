"""Messages on their way to real servers on loopback: signed, tried again, held by leases, and never in each other's way."""

import asyncio
import functools
import socket
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
import standardwebhooks
from cryptography.fernet import Fernet

from services.adapters.postgres import PostgresStore
from services.adapters.sealing import Seal
from services.core import webhooks
from services.core.errors import Unavailable
from services.core.ports import Store
from services.core.webhooks import Answer, Delivery, DeliveryState, Dispatch, EventType, PatchWebhook, Verdict, Webhook
from tests.builders import ALICE, BOB
from tests.contract.store_steps import ready_story
from tests.fixtures.peer import Asked, answer, provider, replies
from tests.fixtures.worker import TwinStage
from tests.webhook_steps import SECRET, Watched, delivering, endpoint

OK = answer(204)
LISTENING = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
HANG_UP = "SELECT pg_terminate_backend($1)"


async def _found(look: Callable[[], Awaitable[Any]]) -> Any:
    """What a look into the database finds, once it finds something."""
    async with asyncio.timeout(30):
        while not (found := await look()):  # noqa: ASYNC110 -- the database tells nobody
            await asyncio.sleep(0.02)
        return found


async def _latest(store: Store, hook: Webhook, state: DeliveryState) -> Delivery | None:
    """The endpoint's latest delivery, once it was sent, or could not be, and is in this state."""
    (found,) = await store.deliveries(hook.user_id, hook.id, limit=1)
    return found if found.state is state and found.attempt else None


async def never(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


async def test_what_happens_is_told_signed(stage: TwinStage) -> None:
    """The whole worker: a story is made, and its owner's endpoint hears of each picture and of the end."""
    told = asyncio.Event()

    async def listen(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        if asked.json()["type"] == "operation.succeeded":
            told.set()

    async with provider(listen) as found:
        hook = (await stage.store.create_webhook(ALICE, webhooks.NewWebhook(url=f"{found.url}/hooks?a=1"), SECRET, most=1)).webhook
        quick = {"webhook_allow_http": True, "webhook_allow_private": True, "webhook_poll_seconds": 0.01}
        async with stage.worker(**quick), asyncio.timeout(20):
            operation = await stage.create()
            await told.wait()
        shots = await stage.store.shots(ALICE, operation.story_id)
        messages = [standardwebhooks.Webhook(SECRET).verify(asked.body, dict(asked.headers)) for asked in found.asked]
    assert {asked.path for asked in found.asked} == {"/hooks?a=1"}
    assert {asked.headers["content-type"] for asked in found.asked} == {"application/json"}
    assert found.asked[0].headers["user-agent"].startswith("storyreel/")
    landed = {message["data"]["shot_id"] for message in messages if message["type"] == "shot.landed"}
    assert landed == {str(shot.id) for shot in shots}
    (ended,) = [message["data"] for message in messages if message["type"] == "operation.succeeded"]
    assert ended["operation_id"] == str(operation.id)
    # What was sent and could not be noted before the worker stopped would be sent again: here all of it was noted.
    assert {d.state for d in await stage.store.deliveries(ALICE, hook.id, limit=100)} == {DeliveryState.DELIVERED}


async def test_a_message_waits_for_no_poll_also_when_the_database_has_hung_up(store: PostgresStore, postgres_url: str) -> None:
    came: asyncio.Queue[Asked] = asyncio.Queue()

    async def listen(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        came.put_nowait(asked)

    async with provider(listen) as found, delivering(store, webhook_poll_seconds=1.0), asyncio.timeout(60):
        hook = await endpoint(store, found.url)
        looker = await asyncpg.connect(postgres_url)
        for hang_up in (False, True):
            listener = await _found(lambda: looker.fetchval(LISTENING))
            if hang_up:
                await looker.fetchval(HANG_UP, listener)
                await _found(functools.partial(looker.fetchval, f"{LISTENING} AND pid <> $1", listener))
            waits = []
            for _ in range(9):
                sent = asyncio.get_running_loop().time()
                await store.try_webhook(ALICE, hook.id)
                await came.get()
                waits.append(asyncio.get_running_loop().time() - sent)
            assert sorted(waits)[4] < 0.4, "a poll would take half of its second on average"
        await looker.close()


async def test_a_sealed_secret_signs_and_one_whose_key_is_missing_waits(store: PostgresStore) -> None:
    key = Fernet.generate_key().decode()
    async with provider(replies(OK)) as found:
        hook = await endpoint(store, found.url)
        assert await store.rewrite_webhook_secrets(Seal(key).renewed) == 1
        await store.try_webhook(ALICE, hook.id)
        async with delivering(store):
            state = await _found(lambda: _latest(store, hook, DeliveryState.PENDING))
        assert state.problem is not None
        assert (state.state, state.problem.reason) == (DeliveryState.PENDING, "WEBHOOK_SECRET_SEALED")
        assert not found.asked
        await store.redeliver(ALICE, hook.id, state.id)
        async with delivering(store, webhook_secret_keys=key):
            await _found(lambda: _latest(store, hook, DeliveryState.DELIVERED))
        standardwebhooks.Webhook(SECRET).verify(found.asked[0].body, dict(found.asked[0].headers))


async def test_what_fails_is_sent_again_when_its_time_has_come() -> None:
    store = Watched()
    async with provider(replies(answer(500), answer(503, retry_after="700"), OK)) as found, delivering(store):
        hook = await endpoint(store, found.url)
        made = await store.try_webhook(ALICE, hook.id)
        first = await store.next_settled()
        assert (first.state, first.status, first.failures) == (DeliveryState.PENDING, 500, 1)
        assert first.problem is not None
        assert first.problem.reason == "WEBHOOK_REFUSED"
        store.clock.move(6)
        second = await store.next_settled()
        assert second.next_at is not None
        assert second.next_at - store.clock() > timedelta(seconds=690)
        store.clock.move(690)
        assert await store.claim_deliveries("story-worker/two", 60.0, limit=9, per_webhook=9, per_user=9) == ()
        store.clock.move(10)
        third = await store.next_settled()
        assert (third.state, third.status, third.attempt, third.problem) == (DeliveryState.DELIVERED, 204, 3, None)
    assert [asked.headers["webhook-id"] for asked in found.asked] == [made.event.id] * 3
    assert len({asked.body for asked in found.asked}) == 1
    assert len({asked.headers["webhook-timestamp"] for asked in found.asked}) == 3
    signer = standardwebhooks.Webhook(SECRET)
    for asked in found.asked:
        assert asked.headers["webhook-signature"] == webhooks.sign(
            SECRET, made.event.id, asked.headers["webhook-timestamp"], asked.body
        )
    assert signer.verify(found.asked[0].body, dict(found.asked[0].headers))["type"] == "webhook.test"


async def test_what_is_sent_but_not_noted_is_sent_again_under_the_same_id() -> None:
    """A worker dies between sending and noting; another takes over when the lease is over."""
    noting = asyncio.Event()

    class Dying(Watched):
        async def settle_delivery(self, dispatch: Dispatch, verdict: Verdict) -> None:
            if dispatch.delivery.attempt == 1:
                noting.set()
                await asyncio.Event().wait()
            await super().settle_delivery(dispatch, verdict)

    store = Dying()
    async with provider(replies(OK)) as found:
        hook = await endpoint(store, found.url)
        made = await store.try_webhook(ALICE, hook.id)
        async with delivering(store, worker_drain_seconds=0.0), asyncio.timeout(20):
            await noting.wait()
        assert (await store.delivery(ALICE, hook.id, made.id)).state is DeliveryState.SENDING
        async with delivering(store):
            store.clock.move(60)
            ended = await store.next_settled()
    assert (ended.state, ended.attempt) == (DeliveryState.DELIVERED, 2)
    assert [asked.headers["webhook-id"] for asked in found.asked] == [made.event.id] * 2


async def test_a_store_that_is_away_for_a_moment_stops_nothing() -> None:
    class Away(Watched):
        left = 3

        async def claim_deliveries(
            self, worker: str, lease: float, *, limit: int, per_webhook: int, per_user: int
        ) -> tuple[Dispatch, ...]:
            self.left -= 1
            if self.left >= 0:
                raise Unavailable("DATABASE_UNAVAILABLE")
            found = await super().claim_deliveries(worker, lease, limit=limit, per_webhook=per_webhook, per_user=per_user)
            return tuple(found)

    store = Away()
    async with provider(replies(OK)) as found, delivering(store):
        hook = await endpoint(store, found.url)
        await store.try_webhook(ALICE, hook.id)
        assert (await store.next_settled()).state is DeliveryState.DELIVERED


async def test_while_a_secret_is_rotated_both_are_believed() -> None:
    store, fresh = Watched(), webhooks.new_secret()
    async with provider(replies(OK)) as found, delivering(store):
        hook = await endpoint(store, found.url)
        await store.rotate_webhook_secret(ALICE, hook.id, fresh, keep=3600.0)
        for _ in range(2):
            await store.try_webhook(ALICE, hook.id)
            await store.next_settled()
            store.clock.move(3601)
    both, alone = found.asked
    for secret in (SECRET, fresh):
        standardwebhooks.Webhook(secret).verify(both.body, dict(both.headers))
    signatures = [asked.headers["webhook-signature"].split(" ") for asked in (both, alone)]
    assert [len(each) for each in signatures] == [2, 1]
    assert signatures[1] == [webhooks.sign(fresh, alone.headers["webhook-id"], alone.headers["webhook-timestamp"], alone.body)]


async def test_an_endpoint_that_is_gone_hears_no_more() -> None:
    store = Watched()
    async with provider(replies(answer(410))) as found, delivering(store):
        hook = await endpoint(store, found.url)
        await store.try_webhook(ALICE, hook.id)
        ended = await store.next_settled()
        assert (ended.state, ended.status) == (DeliveryState.FAILED, 410)
        assert not (await store.webhook(ALICE, hook.id)).enabled
        await ready_story(store, ALICE)
        assert len(await store.deliveries(ALICE, hook.id, limit=10)) == 1


async def test_a_delivered_message_is_sent_again_on_request() -> None:
    store = Watched()
    async with provider(replies(OK)) as found, delivering(store):
        hook = await endpoint(store, found.url)
        made = await store.try_webhook(ALICE, hook.id)
        await store.next_settled()
        await store.redeliver(ALICE, hook.id, made.id)
        again = await store.next_settled()
    assert (again.id, again.state, again.attempt) == (made.id, DeliveryState.DELIVERED, 2)
    assert [asked.headers["webhook-id"] for asked in found.asked] == [made.event.id] * 2


async def test_a_dead_endpoint_takes_no_more_than_its_share() -> None:
    """One of Alice's endpoints never answers: her other one, and Bob's, hear everything all the same."""
    store = Watched()
    async with provider(never) as dead, provider(replies(OK)) as alive:
        hanging = await endpoint(store, dead.url)
        others = [await endpoint(store, alive.url), await endpoint(store, alive.url, BOB)]
        for _ in range(10):
            await store.try_webhook(ALICE, hanging.id)
        for hook in others:
            for _ in range(5):
                await store.try_webhook(hook.user_id, hook.id)
        shares: dict[str, Any] = {
            "webhook_slots": 6,
            "webhook_slots_per_endpoint": 2,
            "webhook_slots_per_user": 4,
            "worker_drain_seconds": 0.0,
        }
        async with delivering(store, **shares):
            heard = [await store.next_settled() for _ in range(10)]
            assert {delivery.webhook_id for delivery in heard} == {hook.id for hook in others}
            assert {delivery.state for delivery in heard} == {DeliveryState.DELIVERED}
            assert dead.open == 2
    assert len(dead.asked) == 2


async def test_a_name_server_that_does_not_answer_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    answering, look_up = threading.Event(), socket.getaddrinfo

    def asked(host: str, *rest: Any, **more: Any) -> Any:
        if host == "slow.example":
            answering.wait(30)
        return look_up("127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    store = Watched()
    async with provider(replies(OK)) as found:
        slow, quick = (
            await endpoint(store, "http://slow.example/"),
            await endpoint(store, found.url.replace("127.0.0.1", "quick.example")),
        )
        for _ in range(40):
            await store.try_webhook(ALICE, slow.id)
        await store.try_webhook(ALICE, quick.id)
        slots = {"webhook_slots": 41, "webhook_slots_per_endpoint": 40, "webhook_slots_per_user": 41}
        shares: dict[str, Any] = {**slots, "worker_drain_seconds": 0.0}
        async with delivering(store, **shares):
            assert (await store.next_settled()).webhook_id == quick.id
        answering.set()


async def test_a_worker_that_goes_lets_what_it_sends_end() -> None:
    store, go_on = Watched(), asyncio.Event()

    async def slow(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await go_on.wait()
        writer.write(OK)

    async with provider(slow) as found:
        hook = await endpoint(store, found.url)
        async with delivering(store) as running:
            for _ in range(2):
                await store.try_webhook(ALICE, hook.id)
            async with asyncio.timeout(20):
                while len(found.asked) < 2:
                    found.called.clear()
                    await found.called.wait()
            running.cancel()
            late = await store.try_webhook(ALICE, hook.id)
            go_on.set()
            assert {(await store.next_settled()).state for _ in range(2)} == {DeliveryState.DELIVERED}
        assert (await store.delivery(ALICE, hook.id, late.id)).state is DeliveryState.PENDING


async def test_a_delivery_that_breaks_is_a_lease_that_ends(caplog: pytest.LogCaptureFixture) -> None:
    """A programming error in one send ends neither the loop nor the others."""

    class Broken:
        async def send(self, dispatch: Dispatch) -> Answer:
            if dispatch.delivery.event.type is EventType.TEST and dispatch.delivery.attempt == 1:
                raise RuntimeError("a mistake")
            return Answer(204)

    store = Watched()
    async with delivering(store, Broken()):
        hook = await endpoint(store, "http://127.0.0.1:9/")
        await store.try_webhook(ALICE, hook.id)
        await ready_story(store, ALICE)
        assert {(await store.next_settled()).event.type for _ in range(3)} == {EventType.SHOT_LANDED, EventType.OPERATION_SUCCEEDED}
        store.clock.move(60)
        again = await store.next_settled()
    assert (again.event.type, again.attempt, again.state) == (EventType.TEST, 2, DeliveryState.DELIVERED)


async def test_a_disabled_endpoints_messages_wait_for_it() -> None:
    store = Watched()
    async with provider(replies(OK)) as found:
        hook = await endpoint(store, "http://127.0.0.1:9/")
        await store.try_webhook(ALICE, hook.id)
        await store.patch_webhook(ALICE, hook.id, PatchWebhook(enabled=False))
        async with delivering(store):
            await store.patch_webhook(ALICE, hook.id, PatchWebhook(url=found.url, enabled=True))
            assert (await store.next_settled()).state is DeliveryState.DELIVERED
    assert len(found.asked) == 1
