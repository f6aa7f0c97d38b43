"""The store's part for webhooks: a port of its own size, which `ports.Store` includes."""

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol

from services.core.commands import Idempotency
from services.core.model import UserId
from services.core.webhooks import (
    CreatedWebhook,
    Delivery,
    DeliveryId,
    DeliveryState,
    Dispatch,
    NewWebhook,
    PatchWebhook,
    Secret,
    Verdict,
    Webhook,
    WebhookId,
)


class WebhookStore(Protocol):
    """Endpoints, and deliveries to them.

    A delivery is written in the transaction that appends the event which it tells of to an operation's timeline, to every enabled
    endpoint of the operation's owner that asks for the event's type; see `webhooks.event_of`.
    """

    # -- the owner's: another user's row is absent -------------------------------------------------------------------------

    async def create_webhook(
        self, user: UserId, new: NewWebhook, secret: Secret, *, most: int, idempotency: Idempotency | None = None
    ) -> CreatedWebhook:
        """With its idempotency key, in one transaction; keys are those of operations too.

        Raises FailedPrecondition TOO_MANY_WEBHOOKS when the user has `most` already, Conflict IDEMPOTENCY_KEY_REUSED.
        """

    async def webhook(self, user: UserId, webhook_id: WebhookId) -> Webhook:
        """Raises NotFound WEBHOOK_NOT_FOUND, as all that follow."""

    async def webhooks(self, user: UserId, *, limit: int, before: WebhookId | None = None) -> tuple[Webhook, ...]:
        """Newest first."""

    async def patch_webhook(self, user: UserId, webhook_id: WebhookId, patch: PatchWebhook) -> Webhook:
        """Change the fields given. What waits goes where the endpoint is then, and stays waiting while that is disabled."""

    async def delete_webhook(self, user: UserId, webhook_id: WebhookId) -> None:
        """With its deliveries."""

    async def rotate_webhook_secret(self, user: UserId, webhook_id: WebhookId, secret: Secret, *, keep: float) -> Webhook:
        """Sign with `secret` from now on, and for `keep` seconds with the one before it too."""

    async def try_webhook(self, user: UserId, webhook_id: WebhookId) -> Delivery:
        """A pending delivery of a `webhook.test`. Raises FailedPrecondition WEBHOOK_DISABLED."""

    async def deliveries(
        self,
        user: UserId,
        webhook_id: WebhookId,
        *,
        limit: int,
        before: DeliveryId | None = None,
        state: DeliveryState | None = None,
    ) -> tuple[Delivery, ...]:
        """Newest first."""

    async def delivery(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        """Raises NotFound DELIVERY_NOT_FOUND too."""

    async def redeliver(self, user: UserId, webhook_id: WebhookId, delivery_id: DeliveryId) -> Delivery:
        """Make it due now, with all of its tries before it; one that is being sent stays as it is.

        Raises NotFound DELIVERY_NOT_FOUND, FailedPrecondition WEBHOOK_DISABLED.
        """

    async def rewrite_webhook_secrets(self, renewed: Callable[[Secret], Secret]) -> int:
        """Keep every owner's secrets as `renewed` gives them: of how many endpoints they were others before."""

    # -- the worker's ------------------------------------------------------------------------------------------------------

    def deliveries_written(self) -> AsyncGenerator[None, None]:
        """Yields at once, and whenever deliveries may have become due since; best effort. Ends when that can be heard no longer.

        Raises Unavailable.
        """

    async def claim_deliveries(
        self, worker: str, lease: float, *, limit: int, per_webhook: int, per_user: int
    ) -> Sequence[Dispatch]:
        """Take due deliveries of enabled endpoints, at most `limit`, each for `lease` seconds by the database's clock.

        At no time are more than `per_webhook` of one endpoint and `per_user` of one user being sent, by all workers together.
        Users take turns, and so do the endpoints of one user. A lease that has expired makes a delivery due again.
        """

    async def settle_delivery(self, dispatch: Dispatch, verdict: Verdict) -> None:
        """Note what came of an attempt. Raises LeaseLost when a newer attempt owns the delivery, or it is gone."""
