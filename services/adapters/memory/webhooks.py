"""The webhooks' half of the store's twin."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from services.adapters.memory.hooks import Keys
from services.adapters.memory.tables import Tables
from services.core import webhooks
from services.core.commands import Idempotency
from services.core.errors import FailedPrecondition, LeaseLost, NotFound
from services.core.model import UserId
from services.core.webhooks import (
    CreatedWebhook,
    Delivery,
    DeliveryId,
    DeliveryState,
    Dispatch,
    EventType,
    NewWebhook,
    PatchWebhook,
    Secret,
    Verdict,
    Webhook,
    WebhookEvent,
    WebhookId,
)


class WebhookMethods:
    """`services.core.webhook_store.WebhookStore` in memory."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables

    async def create_webhook(
        self, user: UserId, new: NewWebhook, secret: Secret, *, most: int, idempotency: Idempotency | None = None
    ) -> CreatedWebhook:
        hooks = self._db.hooks
        at = self._db.clock()
        if idempotency and (kept := self._db.key_in_force(user, idempotency)):
            _, webhook_id, expires_at = kept
            keys = hooks.keys[WebhookId(webhook_id)]
            first = keys.now if keys.old is None else None
            return CreatedWebhook(hooks.webhooks[WebhookId(webhook_id)], first, replayed=True, expires_at=expires_at)
        if sum(webhook.user_id == user for webhook in hooks.webhooks.values()) >= most:
            raise FailedPrecondition("TOO_MANY_WEBHOOKS", limit=most)
        webhook = Webhook(
            id=WebhookId(self._db.new_id()),
            user_id=user,
            created_at=at,
            updated_at=at,
            url=new.url,
            description=new.description,
            event_types=new.event_types,
            enabled=new.enabled,
        )
        hooks.webhooks[webhook.id] = webhook
        hooks.keys[webhook.id] = Keys(secret)
        return CreatedWebhook(webhook, secret, expires_at=self._db.keep_key(user, idempotency, webhook.id))

    async def rewrite_webhook_secrets(self, renewed: Callable[[Secret], Secret]) -> int:
        keys = self._db.hooks.keys
        after = {which: Keys(renewed(key.now), None if key.old is None else renewed(key.old)) for which, key in keys.items()}
        rewritten = sum(after[which] != key for which, key in keys.items())
        keys.update(after)
        return rewritten

    async def deliveries_written(self) -> AsyncGenerator[None, None]:
        told = asyncio.Event()
        self._db.hooks.listeners.add(told.set)
        try:
            while True:
                yield
                await told.wait()
                told.clear()
        finally:
            self._db.hooks.listeners.discard(told.set)

    async def webhook(self, user: UserId, webhook_id: WebhookId) -> Webhook:
        webhook = self._db.hooks.webhooks.get(webhook_id)
        if webhook is None or webhook.user_id != user:
            raise NotFound("WEBHOOK_NOT_FOUND", id=webhook_id)
        return webhook

    async def webhooks(self, user: UserId, *, limit: int, before: WebhookId | None = None) -> tuple[Webhook, ...]:
        found = [w for w in self._db.hooks.webhooks.values() if w.user_id == user and (before is None or w.id < before)]
        return tuple(sorted(found, key=lambda webhook: webhook.id, reverse=True)[:limit])

    async def patch_webhook(self, user: UserId, webhook_id: WebhookId, patch: PatchWebhook) -> Webhook:
        before = await self.webhook(user, webhook_id)
        after = replace(
            before,
            url=before.url if patch.url is None else patch.url,
            description=before.description if patch.description is None else patch.description,
            event_types=before.event_types if patch.event_types is None else patch.event_types,
            enabled=before.enabled if patch.enabled is None else patch.enabled,
            gone=before.gone and not patch.enabled,
            updated_at=self._db.clock(),
        )
        self._db.hooks.webhooks[webhook_id] = after
        return after

    async def delete_webhook(self, user: UserId, webhook_id: WebhookId) -> None:
        await self.webhook(user, webhook_id)
        hooks = self._db.hooks
        del hooks.webhooks[webhook_id], hooks.keys[webhook_id]
        hooks.deliveries = {key: d for key, d in hooks.deliveries.items() if d.webhook_id != webhook_id}
        self._db.idempotency = {key: kept for key, kept in self._db.idempotency.items() if kept[1] != webhook_id}

    async def rotate_webhook_secret(self, user: UserId, webhook_id: WebhookId, secret: Secret, *, keep: float) -> Webhook:
        before = await self.webhook(user, webhook_id)
        at = self._db.clock()
        self._db.hooks.keys[webhook_id] = Keys(secret, self._db.hooks.keys[webhook_id].now)
        after = replace(before, old_secret_until=at + timedelta(seconds=keep), updated_at=at)
        self._db.hooks.webhooks[webhook_id] = after
        return after

    async def try_webhook(self, user: UserId, webhook_id: WebhookId) -> Delivery:
        webhook = await self._enabled(user, webhook_id)
        event_id, data = webhooks.trial_of(webhook_id, self._db.new_id())
        return self._db.hooks.add(webhook, WebhookEvent(event_id, EventType.TEST, self._db.clock(), data))

    async def deliveries(
        self,
        user: UserId,
        webhook_id: WebhookId,
        *,
        limit: int,
        before: DeliveryId | None = None,
        state: DeliveryState | None = None,
    ) -> tuple[Delivery, ...]:
        await self.webhook(user, webhook_id)
        found = [
            delivery
            for delivery in self._db.hooks.deliveries.values()
            if delivery.webhook_id == webhook_id and (before is None or delivery.id < before) and state in {None, delivery.state}
        ]
        return tuple(sorted(found, key=lambda delivery: delivery.id, reverse=True)[:limit])

    async def delivery(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        await self.webhook(user, webhook_id)
        delivery = self._db.hooks.deliveries.get(delivery_id)
        if delivery is None or delivery.webhook_id != webhook_id:
            raise NotFound("DELIVERY_NOT_FOUND", id=delivery_id)
        return delivery

    async def redeliver(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        delivery = await self.delivery(user, webhook_id, delivery_id)
        await self._enabled(user, webhook_id)
        if delivery.state is not DeliveryState.SENDING:
            delivery = replace(delivery, state=DeliveryState.PENDING, failures=0, next_at=self._db.clock(), finished_at=None)
            delivery = self._keep(delivery)
            self._db.hooks.written()
        return delivery

    async def claim_deliveries(
        self, worker: str, lease: float, *, limit: int, per_webhook: int, per_user: int
    ) -> Sequence[Dispatch]:
        claimed = self._choose(limit=limit, per_webhook=per_webhook, per_user=per_user)
        return tuple(self._dispatch(delivery, worker, lease) for delivery in claimed)

    async def settle_delivery(self, dispatch: Dispatch, verdict: Verdict) -> None:
        delivery = self._db.hooks.deliveries.get(dispatch.delivery.id)
        attempt = dispatch.delivery.attempt
        if delivery is None or (delivery.state, delivery.attempt) != (DeliveryState.SENDING, attempt):
            raise LeaseLost("LEASE_LOST", attempt=attempt)
        if verdict.gone:
            self._db.hooks.disable_gone(delivery.webhook_id, dispatch.url)
        at = self._db.clock()
        pending = verdict.state is DeliveryState.PENDING
        self._keep(
            replace(
                delivery,
                state=verdict.state,
                status=verdict.status,
                problem=verdict.problem,
                failures=delivery.failures + (verdict.state is not DeliveryState.DELIVERED),
                next_at=at + timedelta(seconds=verdict.delay) if pending else None,
                finished_at=None if pending else at,
            )
        )

    def _choose(self, *, limit: int, per_webhook: int, per_user: int) -> list[Delivery]:
        """Users take turns, and so do the endpoints of one user; what is being sent has had its turn."""
        at = self._db.clock()
        hooks = self._db.hooks
        open_ = [d for d in hooks.deliveries.values() if d.next_at is not None]
        busy = [d for d in open_ if d.state is DeliveryState.SENDING and d.next_at and d.next_at > at]
        of_webhook = Counter(delivery.webhook_id for delivery in busy)
        of_user = Counter(delivery.user_id for delivery in busy)
        due = []
        for delivery in sorted((d for d in open_ if d.next_at and d.next_at <= at), key=_time):
            of_webhook[delivery.webhook_id] += 1
            nth = of_webhook[delivery.webhook_id]
            webhook = hooks.webhooks.get(delivery.webhook_id)
            if webhook is not None and webhook.enabled and nth <= per_webhook:
                due.append((nth, delivery))
        turns = []
        for _, delivery in sorted(due, key=lambda each: (each[0], _time(each[1]))):
            of_user[delivery.user_id] += 1
            if of_user[delivery.user_id] <= per_user:
                turns.append((of_user[delivery.user_id], delivery))
        return [delivery for _, delivery in sorted(turns, key=lambda each: (each[0], _time(each[1])))][:limit]

    def _dispatch(self, delivery: Delivery, worker: str, lease: float) -> Dispatch:
        at = self._db.clock()
        webhook, keys = self._db.hooks.webhooks[delivery.webhook_id], self._db.hooks.keys[delivery.webhook_id]
        sent = self._keep(
            replace(
                delivery,
                state=DeliveryState.SENDING,
                attempt=delivery.attempt + 1,
                sent_at=at,
                next_at=at + timedelta(seconds=lease),
            )
        )
        both = keys.old is not None and webhook.old_secret_until is not None and webhook.old_secret_until > at
        return Dispatch(sent, worker, webhook.url, (keys.now, keys.old) if both and keys.old else (keys.now,))

    def _keep(self, delivery: Delivery) -> Delivery:
        self._db.hooks.deliveries[delivery.id] = delivery
        return delivery

    async def _enabled(self, user: UserId, webhook_id: WebhookId) -> Webhook:
        webhook = await self.webhook(user, webhook_id)
        if not webhook.enabled:
            raise FailedPrecondition("WEBHOOK_DISABLED", id=webhook_id)
        return webhook


def _time(delivery: Delivery) -> float:
    return delivery.next_at.timestamp() if delivery.next_at else 0.0
