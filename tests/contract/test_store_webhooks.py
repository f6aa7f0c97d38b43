"""Endpoints, and the deliveries that come of an operation's timeline: alike in memory and in Postgres."""

import random
from dataclasses import replace
from uuid import uuid4

import pytest

from services.core import webhooks
from services.core.errors import FailedPrecondition, LeaseLost, NotFound
from services.core.model import OperationType
from services.core.ports import Store
from services.core.webhooks import (
    SUBSCRIBABLE,
    DeliveryId,
    DeliveryState,
    EventType,
    NewWebhook,
    PatchWebhook,
    WebhookId,
)
from tests.contract.store_steps import (
    FAILURE,
    LEASE,
    OVER,
    Tale,
    claim_of,
    claimed,
    drafted_story,
    new_story,
    picture,
    ready_story,
    someone,
    start,
)
from tests.contract.webhook_steps import AGAIN, DONE, GIVEN_UP, LATER, PROBLEM, URL, endpoint, take, told, tries

# -- endpoints -----------------------------------------------------------------------------------------------------------------


async def test_endpoints_are_their_owners_and_come_newest_first(any_store: Store) -> None:
    alice, bob = someone(), someone()
    first, second = await endpoint(any_store, alice), await endpoint(any_store, alice, EventType.SHOT_LANDED)
    assert await any_store.webhooks(alice, limit=10) == (second, first)
    assert await any_store.webhooks(alice, limit=10, before=second.id) == (first,)
    assert await any_store.webhooks(bob, limit=10) == ()
    assert (first.url, first.enabled, first.event_types, second.event_types) == (URL, True, SUBSCRIBABLE, (EventType.SHOT_LANDED,))
    for call in (
        any_store.webhook(bob, first.id),
        any_store.patch_webhook(bob, first.id, PatchWebhook(enabled=False)),
        any_store.rotate_webhook_secret(bob, first.id, webhooks.new_secret(), keep=1.0),
        any_store.delete_webhook(bob, first.id),
        any_store.try_webhook(bob, first.id),
        any_store.deliveries(bob, first.id, limit=1),
        any_store.webhook(alice, WebhookId(uuid4())),
    ):
        with pytest.raises(NotFound, match="webhook"):
            await call
    assert await any_store.webhook(alice, first.id) == first


async def test_nobody_has_more_endpoints_than_allowed(any_store: Store) -> None:
    alice = someone()
    new = NewWebhook(url=URL)
    await any_store.create_webhook(alice, new, webhooks.new_secret(), most=1)
    with pytest.raises(FailedPrecondition) as refused:
        await any_store.create_webhook(alice, new, webhooks.new_secret(), most=1)
    assert (refused.value.reason, refused.value.params) == ("TOO_MANY_WEBHOOKS", {"limit": 1})
    await any_store.create_webhook(someone(), new, webhooks.new_secret(), most=1)


async def test_a_patch_changes_what_it_names(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    await any_store.patch_webhook(hook.user_id, hook.id, PatchWebhook(description="mine", event_types=(EventType.SHOT_LANDED,)))
    after = await any_store.patch_webhook(hook.user_id, hook.id, PatchWebhook(url="https://example.org/", enabled=False))
    assert replace(after, updated_at=hook.updated_at) == replace(
        hook, url="https://example.org/", description="mine", event_types=(EventType.SHOT_LANDED,), enabled=False
    )
    assert await any_store.webhook(hook.user_id, hook.id) == after


async def test_a_deleted_endpoint_takes_its_deliveries_with_it(any_store: Store) -> None:
    hook, other = await endpoint(any_store, someone()), await endpoint(any_store, someone())
    await tries(any_store, hook, 2)
    (kept,) = await tries(any_store, other, 1)
    (sent, *_) = [dispatch for dispatch in await take(any_store) if dispatch.delivery.webhook_id == hook.id]
    await any_store.delete_webhook(hook.user_id, hook.id)
    with pytest.raises(LeaseLost):
        await any_store.settle_delivery(sent, DONE)
    with pytest.raises(NotFound):
        await any_store.delivery(hook.user_id, hook.id, sent.delivery.id)
    assert (await any_store.delivery(other.user_id, other.id, kept.id)).state is DeliveryState.SENDING


async def test_two_secrets_sign_while_one_replaces_the_other(any_store: Store) -> None:
    first, second, third = (webhooks.new_secret() for _ in range(3))
    hook = (await any_store.create_webhook(someone(), NewWebhook(url=URL), first, most=1)).webhook

    async def keys() -> tuple[str, ...]:
        await tries(any_store, hook, 1)
        (dispatch,) = await take(any_store)
        await any_store.settle_delivery(dispatch, DONE)
        return dispatch.secrets

    assert await keys() == (first,)
    rotated = await any_store.rotate_webhook_secret(hook.user_id, hook.id, second, keep=3600.0)
    assert rotated.old_secret_until is not None
    assert await keys() == (second, first)
    await any_store.rotate_webhook_secret(hook.user_id, hook.id, third, keep=0.0)
    assert await keys() == (third,)


# -- what is told --------------------------------------------------------------------------------------------------------------


async def test_an_operations_end_and_each_landing_are_told_in_the_same_words(any_store: Store) -> None:
    tale, claim, shots = await drafted_story(any_store)
    hook = await endpoint(any_store, tale.user)
    for shot in shots:
        await any_store.land_shot(claim, picture(shot, f"first {shot.id}"))
    await any_store.finish(claim)
    regenerate = await start(any_store, tale, OperationType.SHOT_REGEN, shots[0].id)
    await any_store.fail(claim_of(await claimed(any_store, regenerate.id)), FAILURE)
    render = await start(any_store, tale, OperationType.VIDEO_RENDER)
    await any_store.request_cancel(tale.user, render.id)

    expected = []
    for operation_id in (tale.operation.id, regenerate.id, render.id):
        operation = await any_store.operation(tale.user, operation_id)
        timeline = await any_store.events(tale.user, operation_id)
        expected += [said for event in timeline if (said := webhooks.event_of(event, operation)) is not None]
    deliveries = await told(any_store, hook)
    assert [delivery.event for delivery in deliveries] == expected
    assert [event.type for event in expected] == ["shot.landed"] * 2 + [
        "operation.succeeded",
        "operation.failed",
        "operation.cancelled",
    ]
    assert len({event.id for event in expected}) == len(expected)
    landed, _, succeeded, failed, cancelled = expected
    assert landed.data["shot_id"] == str(shots[0].id)
    assert succeeded.data["error"] is None
    assert failed.data["error"] == {"reason": FAILURE.reason, "message": FAILURE.message}
    assert cancelled.data["error"] == {"reason": "CANCELLED"}
    for delivery in deliveries:
        assert (delivery.state, delivery.attempt, delivery.failures) == (DeliveryState.PENDING, 0, 0)
        assert await any_store.delivery(tale.user, hook.id, delivery.id) == delivery


async def test_only_what_an_enabled_endpoint_of_the_owner_asks_for_is_told(any_store: Store) -> None:
    alice, bob = someone(), someone()
    ends = await endpoint(any_store, alice, EventType.OPERATION_SUCCEEDED)
    landings = await endpoint(any_store, alice, EventType.SHOT_LANDED)
    off = await endpoint(any_store, alice)
    await any_store.patch_webhook(alice, off.id, PatchWebhook(enabled=False))
    bobs = await endpoint(any_store, bob)
    await ready_story(any_store, alice)
    kinds = [[delivery.event.type for delivery in await told(any_store, hook)] for hook in (ends, landings, off, bobs)]
    assert kinds == [[EventType.OPERATION_SUCCEEDED], [EventType.SHOT_LANDED] * 2, [], []]


async def test_what_is_not_written_is_not_told(any_store: Store) -> None:
    tale = await new_story(any_store)
    stale = claim_of(await claimed(any_store, tale.operation.id, lease=OVER))
    hook = await endpoint(any_store, tale.user)
    await any_store.sweep(announce_after=LEASE)
    with pytest.raises(LeaseLost):
        await any_store.finish(stale)
    assert await told(any_store, hook) == []


async def test_what_the_sweeper_and_a_deletion_end_is_told_too(any_store: Store) -> None:
    tale = await new_story(any_store)
    hook = await endpoint(any_store, tale.user)
    await claimed(any_store, tale.operation.id, lease=OVER)
    await any_store.request_cancel(tale.user, tale.operation.id)
    await any_store.sweep(announce_after=LEASE)
    other: Tale = await new_story(any_store, tale.user)
    await any_store.delete_story(tale.user, other.story_id)
    assert [delivery.event.data["error"]["reason"] for delivery in await told(any_store, hook)] == ["CANCELLED", "STORY_DELETED"]


# -- deliveries ----------------------------------------------------------------------------------------------------------------


async def test_deliveries_come_newest_first_in_pages_and_by_state(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    made = await tries(any_store, hook, 3)
    by_id = tuple(sorted(made, key=lambda delivery: delivery.id, reverse=True))
    assert await any_store.deliveries(hook.user_id, hook.id, limit=2) == by_id[:2]
    assert await any_store.deliveries(hook.user_id, hook.id, limit=2, before=by_id[1].id) == by_id[2:]
    (first,) = await take(any_store, 1)
    await any_store.settle_delivery(first, GIVEN_UP)
    (failed,) = await any_store.deliveries(hook.user_id, hook.id, limit=5, state=DeliveryState.FAILED)
    assert failed.id == first.delivery.id


async def test_a_delivery_is_held_by_one_worker_until_its_lease_is_over(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    (made,) = await tries(any_store, hook, 1)
    (first,) = await take(any_store, lease=OVER)
    assert (first.url, first.delivery.attempt, first.delivery.event) == (URL, 1, made.event)
    (second,) = await take(any_store)
    assert (second.delivery.id, second.delivery.attempt, second.delivery.event) == (made.id, 2, made.event)
    assert await take(any_store) == ()
    with pytest.raises(LeaseLost):
        await any_store.settle_delivery(first, DONE)
    await any_store.settle_delivery(second, DONE)
    with pytest.raises(LeaseLost):
        await any_store.settle_delivery(second, GIVEN_UP)
    ended = await any_store.delivery(hook.user_id, hook.id, made.id)
    assert (ended.state, ended.status, ended.problem, ended.next_at) == (DeliveryState.DELIVERED, 204, None, None)
    assert ended.finished_at is not None
    assert await take(any_store) == ()


async def test_a_failed_attempt_waits_for_its_time(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    (made,) = await tries(any_store, hook, 1)
    for failures in (0, 1):
        (dispatch,) = await take(any_store)
        assert dispatch.delivery.failures == failures
        await any_store.settle_delivery(dispatch, LATER if failures else AGAIN)
    assert await take(any_store) == ()
    waiting = await any_store.delivery(hook.user_id, hook.id, made.id)
    assert (waiting.state, waiting.status, waiting.problem, waiting.failures) == (DeliveryState.PENDING, 500, PROBLEM, 2)
    assert waiting.next_at is not None
    assert waiting.sent_at is not None
    assert 3500 < (waiting.next_at - waiting.sent_at).total_seconds() < 3700


async def test_a_delivery_begins_anew_on_request(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    (made,) = await tries(any_store, hook, 1)
    for verdict in (GIVEN_UP, DONE, LATER):
        (dispatch,) = await take(any_store)
        await any_store.settle_delivery(dispatch, verdict)
        again = await any_store.redeliver(hook.user_id, hook.id, made.id)
        assert (again.state, again.failures, again.finished_at) == (DeliveryState.PENDING, 0, None)
    (dispatch,) = await take(any_store)
    assert (dispatch.delivery.attempt, dispatch.delivery.event) == (4, made.event)
    held = await any_store.redeliver(hook.user_id, hook.id, made.id)
    assert (held.state, held.attempt) == (DeliveryState.SENDING, 4)
    with pytest.raises(NotFound, match="delivery"):
        await any_store.redeliver(hook.user_id, hook.id, DeliveryId(uuid4()))


async def test_nothing_is_sent_to_a_disabled_endpoint_until_it_is_enabled(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    (made,) = await tries(any_store, hook, 1)
    await any_store.patch_webhook(hook.user_id, hook.id, PatchWebhook(enabled=False))
    assert await take(any_store) == ()
    for call in (any_store.try_webhook(hook.user_id, hook.id), any_store.redeliver(hook.user_id, hook.id, made.id)):
        with pytest.raises(FailedPrecondition) as refused:
            await call
        assert refused.value.reason == "WEBHOOK_DISABLED"
    await any_store.patch_webhook(hook.user_id, hook.id, PatchWebhook(enabled=True))
    assert [dispatch.delivery.id for dispatch in await take(any_store)] == [made.id]


async def test_an_endpoint_that_is_gone_is_disabled_unless_it_has_moved(any_store: Store) -> None:
    hook = await endpoint(any_store, someone())
    gone = webhooks.verdict(webhooks.answered(410), 0, random.Random(1))
    await tries(any_store, hook, 2)
    first, second = await take(any_store)
    await any_store.settle_delivery(first, gone)
    after = await any_store.webhook(hook.user_id, hook.id)
    assert (after.enabled, after.gone) == (False, True)
    moved = await any_store.patch_webhook(hook.user_id, hook.id, PatchWebhook(url="https://example.org/", enabled=True))
    assert (moved.enabled, moved.gone) == (True, False)
    await any_store.settle_delivery(second, gone)
    assert (await any_store.webhook(hook.user_id, hook.id)).enabled
    for dispatch in (first, second):
        ended = await any_store.delivery(hook.user_id, hook.id, dispatch.delivery.id)
        assert (ended.state, ended.status) == (DeliveryState.FAILED, 410)


async def test_what_is_sent_at_once_is_bounded_by_endpoint_and_by_user(any_store: Store) -> None:
    alice = someone()
    hooks = [await endpoint(any_store, alice) for _ in range(2)]
    for hook in hooks:
        await tries(any_store, hook, 5)
    first = await take(any_store, webhook=2, user=3)
    assert len(first) == 3
    assert {dispatch.delivery.webhook_id for dispatch in first} == {hook.id for hook in hooks}
    assert await take(any_store, webhook=2, user=3) == ()
    await any_store.settle_delivery(first[0], DONE)
    assert len(await take(any_store, webhook=2, user=3)) == 1
    assert len(await take(any_store, webhook=2, user=100)) == 1
    assert await take(any_store, webhook=2, user=100) == ()


async def test_users_and_their_endpoints_take_turns(any_store: Store) -> None:
    alice, bob = someone(), someone()
    busy, quiet, bobs = await endpoint(any_store, alice), await endpoint(any_store, alice), await endpoint(any_store, bob)
    await tries(any_store, busy, 6)
    await tries(any_store, quiet, 1)
    await tries(any_store, bobs, 2)

    chosen = [dispatch.delivery.webhook_id for dispatch in await take(any_store, 4)]

    assert chosen.count(bobs.id) == 2
    assert set(chosen) == {busy.id, quiet.id, bobs.id}
    (next_,) = await take(any_store, 1)
    assert next_.delivery.webhook_id == busy.id
    (late,) = await tries(any_store, bobs, 1)
    assert [dispatch.delivery.id for dispatch in await take(any_store, 1)] == [late.id]  # Bob has had two turns, Alice three
