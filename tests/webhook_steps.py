"""Steps that the tests of sending webhooks share: a store whose clock can be moved, and one worker's deliveries over it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from services.adapters.memory.store import MemoryStore
from services.core import webhooks
from services.core.model import UserId
from services.core.ports import Store
from services.core.webhooks import Delivery, Dispatch, NewWebhook, Secret, Verdict, Webhook
from services.story_worker.deliveries import Deliveries, Sender
from services.story_worker.settings import WorkerSettings
from services.story_worker.webhook_sender import WebhookSender
from tests.builders import ALICE

SECRET = webhooks.new_secret()


class Clock:
    """The time, as far as a test has moved it on."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def move(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


class Watched(MemoryStore):
    """Tells of every delivery whose attempt has been settled."""

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        super().__init__(self.clock)
        self.settled: asyncio.Queue[Delivery] = asyncio.Queue()

    async def settle_delivery(self, dispatch: Dispatch, verdict: Verdict) -> None:
        await super().settle_delivery(dispatch, verdict)
        delivery = dispatch.delivery
        self.settled.put_nowait(await self.delivery(delivery.user_id, delivery.webhook_id, delivery.id))

    async def next_settled(self) -> Delivery:
        async with asyncio.timeout(20):
            return await self.settled.get()


def settings(**changes: Any) -> WorkerSettings:
    """What lets webhooks be sent to a test's own servers."""
    quick = {
        "webhook_allow_http": True,
        "webhook_allow_private": True,
        "webhook_poll_seconds": 0.01,
        "webhook_timeout_seconds": 10.0,
        "worker_drain_seconds": 5.0,
    }
    return WorkerSettings(**(quick | changes))


async def endpoint(store: Store, url: str, user: UserId = ALICE, secret: Secret = SECRET) -> Webhook:
    return (await store.create_webhook(user, NewWebhook(url=url), secret, most=100)).webhook


@asynccontextmanager
async def delivering(store: Store, sender: Sender | None = None, **changes: Any) -> AsyncIterator[asyncio.Task[None]]:
    """One worker's deliveries until the block ends."""
    chosen = settings(**changes)
    real = WebhookSender(chosen)
    one = Deliveries(store=store, sender=sender or real, settings=chosen, worker="story-worker/one", chance=random.Random(7))
    running = asyncio.create_task(one.run())
    try:
        yield running
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        real.close()
