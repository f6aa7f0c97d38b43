"""Webhooks: the endpoints of owners, and the deliveries that a trigger of the timeline writes (migration 0005)."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence

from services.adapters.postgres.database import Database
from services.adapters.postgres.rows import Row
from services.adapters.postgres.stories import IDEMPOTENCY_SECONDS
from services.core import codec, webhooks
from services.core.commands import Idempotency
from services.core.errors import Conflict, FailedPrecondition, LeaseLost, NotFound
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

_CHANNEL = "storyreel_deliveries"
"""What migration 0012 notifies."""
_STILL_THERE_SECONDS = 15.0
"""A connection on which nothing was heard for so long is asked whether it still is one."""


class Webhooks:
    """All of `WebhookStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def create_webhook(
        self, user: UserId, new: NewWebhook, secret: Secret, *, most: int, idempotency: Idempotency | None = None
    ) -> CreatedWebhook:
        queries = self._db.queries
        async with self._db.transaction() as connection:
            await queries.queue_alone(connection, user_id=user, most=0)  # nobody else uses the owner's keys until the end
            if idempotency and (row := await queries.replayed_webhook(connection, user_id=user, key=idempotency.key)):
                if row["request"] != idempotency.request:
                    raise Conflict("IDEMPOTENCY_KEY_REUSED")
                first = Secret(row["secret"]) if row["old_secret"] is None else None
                return CreatedWebhook(_webhook(row), first, replayed=True, expires_at=row["key_expires_at"])
            row = await queries.create_webhook(
                connection,
                webhook_id=self._db.new_id(),
                user_id=user,
                url=new.url,
                description=new.description,
                event_types=new.event_types,
                enabled=new.enabled,
                secret=secret,
                most=most,
            )
            if row is None:
                raise FailedPrecondition("TOO_MANY_WEBHOOKS", limit=most)
            expires_at = None
            if idempotency:
                expires_at = await queries.keep_webhook_key(
                    connection,
                    user_id=user,
                    key=idempotency.key,
                    request=idempotency.request,
                    webhook_id=row["id"],
                    key_seconds=IDEMPOTENCY_SECONDS,
                )
            return CreatedWebhook(_webhook(row), secret, expires_at=expires_at)

    async def rewrite_webhook_secrets(self, renewed: Callable[[Secret], Secret]) -> int:
        rewritten = 0
        async with self._db.connection() as connection:
            kept = [row async for row in self._db.queries.webhook_secrets(connection)]
            for row in kept:
                before = [None if key is None else Secret(key) for key in (row["secret"], row["old_secret"])]
                after = [None if key is None else renewed(key) for key in before]
                if after == before:
                    continue
                done = await self._db.queries.rewrite_webhook_secrets(
                    connection,
                    webhook_id=row["id"],
                    secret=before[0],
                    old_secret=before[1],
                    new_secret=after[0],
                    new_old_secret=after[1],
                )
                rewritten += done is not None
        return rewritten

    async def deliveries_written(self) -> AsyncGenerator[None, None]:
        told = asyncio.Event()
        async with self._db.listening(_CHANNEL, told.set) as connection:
            while not connection.is_closed():
                yield
                while not connection.is_closed() and not told.is_set():
                    try:
                        async with asyncio.timeout(_STILL_THERE_SECONDS):
                            await told.wait()
                    except TimeoutError:
                        await connection.execute("SELECT 1", timeout=_STILL_THERE_SECONDS)
                told.clear()

    async def webhook(self, user: UserId, webhook_id: WebhookId) -> Webhook:
        async with self._db.connection() as connection:
            row = await self._db.queries.webhook(connection, user_id=user, webhook_id=webhook_id)
        return _found(row, webhook_id)

    async def webhooks(self, user: UserId, *, limit: int, before: WebhookId | None = None) -> tuple[Webhook, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.webhooks(connection, user_id=user, before=before, row_limit=limit)
            return tuple([_webhook(row) async for row in found])

    async def patch_webhook(self, user: UserId, webhook_id: WebhookId, patch: PatchWebhook) -> Webhook:
        async with self._db.connection() as connection:
            row = await self._db.queries.patch_webhook(
                connection,
                user_id=user,
                webhook_id=webhook_id,
                url=patch.url,
                description=patch.description,
                event_types=patch.event_types,
                enabled=patch.enabled,
            )
        return _found(row, webhook_id)

    async def delete_webhook(self, user: UserId, webhook_id: WebhookId) -> None:
        async with self._db.connection() as connection:
            if await self._db.queries.delete_webhook(connection, user_id=user, webhook_id=webhook_id) is None:
                raise NotFound("WEBHOOK_NOT_FOUND", id=webhook_id)

    async def rotate_webhook_secret(self, user: UserId, webhook_id: WebhookId, secret: Secret, *, keep: float) -> Webhook:
        async with self._db.connection() as connection:
            row = await self._db.queries.rotate_webhook_secret(
                connection, user_id=user, webhook_id=webhook_id, secret=secret, keep=keep
            )
        return _found(row, webhook_id)

    async def try_webhook(self, user: UserId, webhook_id: WebhookId) -> Delivery:
        await self._enabled(user, webhook_id)
        event_id, data = webhooks.trial_of(webhook_id, self._db.new_id())
        async with self._db.connection() as connection:
            row = await self._db.queries.add_webhook_test(
                connection, user_id=user, webhook_id=webhook_id, event_id=event_id, event_type=EventType.TEST, data=data
            )
        if row is None:
            raise FailedPrecondition("WEBHOOK_DISABLED", id=webhook_id)
        return _delivery(row)

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
        async with self._db.connection() as connection:
            found = self._db.queries.deliveries(
                connection, user_id=user, webhook_id=webhook_id, before=before, state=state, row_limit=limit
            )
            return tuple([_delivery(row) async for row in found])

    async def delivery(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        await self.webhook(user, webhook_id)
        async with self._db.connection() as connection:
            row = await self._db.queries.delivery(connection, user_id=user, webhook_id=webhook_id, delivery_id=delivery_id)
        if row is None:
            raise NotFound("DELIVERY_NOT_FOUND", id=delivery_id)
        return _delivery(row)

    async def redeliver(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        await self.delivery(user, webhook_id, delivery_id)
        await self._enabled(user, webhook_id)
        async with self._db.connection() as connection:
            await self._db.queries.redeliver(connection, user_id=user, webhook_id=webhook_id, delivery_id=delivery_id)
        return await self.delivery(user, webhook_id, delivery_id)

    async def claim_deliveries(
        self, worker: str, lease: float, *, limit: int, per_webhook: int, per_user: int
    ) -> Sequence[Dispatch]:
        async with self._db.connection() as connection:
            found = self._db.queries.claim_deliveries(
                connection, worker=worker, lease=lease, most=limit, per_webhook=per_webhook, per_user=per_user
            )
            return tuple([_dispatch(row) async for row in found])

    async def settle_delivery(self, dispatch: Dispatch, verdict: Verdict) -> None:
        delivery = dispatch.delivery
        async with self._db.transaction() as connection:
            if verdict.gone:
                # First, as a deletion takes the endpoint first: the two must not wait for each other in a circle.
                await self._db.queries.disable_gone_webhook(
                    connection, user_id=delivery.user_id, webhook_id=delivery.webhook_id, url=dispatch.url
                )
            settled = await self._db.queries.settle_delivery(
                connection,
                user_id=delivery.user_id,
                delivery_id=delivery.id,
                attempt=delivery.attempt,
                state=verdict.state,
                status=verdict.status,
                problem=codec.failure_to_json(verdict.problem) if verdict.problem else None,
                delay=verdict.delay,
            )
            if settled is None:
                raise LeaseLost("LEASE_LOST", attempt=delivery.attempt)

    async def _enabled(self, user: UserId, webhook_id: WebhookId) -> None:
        if not (await self.webhook(user, webhook_id)).enabled:
            raise FailedPrecondition("WEBHOOK_DISABLED", id=webhook_id)


def _found(row: Row | None, webhook_id: WebhookId) -> Webhook:
    if row is None:
        raise NotFound("WEBHOOK_NOT_FOUND", id=webhook_id)
    return _webhook(row)


def _webhook(row: Row) -> Webhook:
    return Webhook(
        id=WebhookId(row["id"]),
        user_id=UserId(row["user_id"]),
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        url=row["url"],
        description=row["description"],
        event_types=tuple(row["event_types"]),
        enabled=row["enabled"],
        gone=row["gone"],
        old_secret_until=row["old_secret_until"],
    )


def _delivery(row: Row) -> Delivery:
    return Delivery(
        id=DeliveryId(row["id"]),
        user_id=UserId(row["user_id"]),
        webhook_id=WebhookId(row["webhook_id"]),
        created_at=row["created_at"],
        event=WebhookEvent(row["event_id"], row["event_type"], row["event_at"], row["data"]),
        state=DeliveryState(row["state"]),
        attempt=row["attempt"],
        failures=row["failures"],
        next_at=row["next_at"],
        sent_at=row["sent_at"],
        status=row["status"],
        problem=codec.failure_from_json(row["problem"]) if row["problem"] else None,
        finished_at=row["finished_at"],
    )


def _dispatch(row: Row) -> Dispatch:
    keys = (row["secret"], row["old_secret"]) if row["old_secret"] else (row["secret"],)
    return Dispatch(_delivery(row), row["worker"], row["url"], tuple(Secret(key) for key in keys))
