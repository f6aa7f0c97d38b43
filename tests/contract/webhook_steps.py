"""Webhooks, and what is done with their deliveries, for the suites of the store."""

from dataclasses import replace

from services.core import webhooks
from services.core.model import Failure, UserId
from services.core.ports import Store
from services.core.webhooks import (
    SUBSCRIBABLE,
    Delivery,
    DeliveryState,
    Dispatch,
    EventType,
    NewWebhook,
    Verdict,
    Webhook,
)
from tests.contract.store_steps import (
    LEASE,
)

URL = "https://example.com/hooks"
PROBLEM = Failure("unavailable", "WEBHOOK_REFUSED", "The webhook answered with status 500.", True, {"status": 500})
AGAIN = Verdict(DeliveryState.PENDING, 500, PROBLEM, delay=0.0)
LATER = replace(AGAIN, delay=3600.0)
DONE = Verdict(DeliveryState.DELIVERED, 204)
GIVEN_UP = Verdict(DeliveryState.FAILED, 500, PROBLEM)


async def endpoint(store: Store, user: UserId, *types: EventType, url: str = URL) -> Webhook:
    new = NewWebhook(url=url, event_types=types or SUBSCRIBABLE)
    return (await store.create_webhook(user, new, webhooks.new_secret(), most=100)).webhook


async def take(
    store: Store, limit: int = 100, *, lease: float = LEASE, webhook: int = 100, user: int = 100
) -> tuple[Dispatch, ...]:
    return tuple(await store.claim_deliveries("story-worker/a", lease, limit=limit, per_webhook=webhook, per_user=user))


async def told(store: Store, hook: Webhook) -> list[Delivery]:
    """What an endpoint is told, oldest first."""
    found = await store.deliveries(hook.user_id, hook.id, limit=100)
    return sorted(found, key=lambda delivery: delivery.event.at)


async def tries(store: Store, hook: Webhook, count: int) -> list[Delivery]:
    return [await store.try_webhook(hook.user_id, hook.id) for _ in range(count)]
