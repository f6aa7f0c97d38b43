"""Webhooks whose creation bears a key, whose secrets are rewritten, whose deliveries are heard of. In memory and in Postgres."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import pytest

from services.core import webhooks
from services.core.commands import Idempotency
from services.core.errors import Conflict
from services.core.ports import Store
from services.core.webhooks import (
    EventType,
    NewWebhook,
    Secret,
)
from tests.contract.store_steps import (
    new_story,
    someone,
    story_command,
)
from tests.contract.webhook_steps import AGAIN, GIVEN_UP, URL, endpoint, take, tries


async def test_a_key_creates_one_endpoint_however_often_it_comes_at_once(any_store: Store) -> None:
    alice, key, new = someone(), Idempotency("k", "digest"), NewWebhook(url=URL)
    made = await asyncio.gather(
        *(any_store.create_webhook(alice, new, webhooks.new_secret(), most=100, idempotency=key) for _ in range(5))
    )
    assert len({(each.webhook, each.secret, each.expires_at) for each in made}) == 1
    assert sorted(each.replayed for each in made) == [False, True, True, True, True]
    with pytest.raises(Conflict) as refused:
        await any_store.create_webhook(alice, new, webhooks.new_secret(), most=100, idempotency=replace(key, request="other"))
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"
    with pytest.raises(Conflict):
        await any_store.create_story(alice, story_command(), replace(key, request="a story"))
    await any_store.create_story(alice, story_command(), Idempotency("story", "digest"))
    with pytest.raises(Conflict):
        await any_store.create_webhook(alice, new, webhooks.new_secret(), most=100, idempotency=Idempotency("story", "x"))
    hook = made[0].webhook
    await any_store.rotate_webhook_secret(alice, hook.id, webhooks.new_secret(), keep=1.0)
    again = await any_store.create_webhook(alice, new, webhooks.new_secret(), most=100, idempotency=key)
    assert (again.webhook.id, again.secret, again.replayed) == (hook.id, None, True)
    await any_store.delete_webhook(alice, hook.id)
    assert not (await any_store.create_webhook(alice, new, webhooks.new_secret(), most=100, idempotency=key)).replayed


async def test_secrets_are_rewritten_where_they_change(any_store: Store) -> None:
    hook, other = await endpoint(any_store, someone()), await endpoint(any_store, someone())
    await any_store.rotate_webhook_secret(hook.user_id, hook.id, webhooks.new_secret(), keep=3600.0)
    await tries(any_store, hook, 1)
    (before,) = await take(any_store)
    assert await any_store.rewrite_webhook_secrets(lambda kept: kept) == 0
    assert await any_store.rewrite_webhook_secrets(lambda kept: Secret(kept.swapcase())) == 2
    await any_store.settle_delivery(before, AGAIN)
    (after,) = await take(any_store)
    assert after.secrets == tuple(Secret(key.swapcase()) for key in before.secrets)
    assert len(after.secrets) == 2
    assert await any_store.webhook(other.user_id, other.id) == other


async def test_what_has_become_due_is_heard_of(any_store: Store) -> None:
    hook = await endpoint(any_store, someone(), EventType.OPERATION_CANCELLED)
    async with aclosing(any_store.deliveries_written()) as written:

        async def heard() -> None:
            async with asyncio.timeout(20):
                await anext(written)

        await heard()  # what was written before
        tale = await new_story(any_store, user=hook.user_id)
        await any_store.request_cancel(hook.user_id, tale.operation.id)
        await heard()
        (sent,) = await take(any_store)
        await any_store.settle_delivery(sent, GIVEN_UP)
        await any_store.redeliver(hook.user_id, hook.id, sent.delivery.id)
        await heard()
        await tries(any_store, hook, 2)
        await heard()


async def test_an_end_that_no_endpoint_asks_for_is_heard_by_nobody(any_store: Store) -> None:
    hook = await endpoint(any_store, someone(), EventType.OPERATION_FAILED)
    async with aclosing(any_store.deliveries_written()) as written:
        await anext(written)
        tale = await new_story(any_store, user=hook.user_id)
        await any_store.request_cancel(hook.user_id, tale.operation.id)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await anext(written)
