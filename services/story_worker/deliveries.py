"""Brings webhooks' messages to their endpoints: claims what is due into a bounded number of slots, sends it, notes what came of it.

At least once: what was sent and not noted, because the worker died between the two, is sent again under the same `webhook-id`
when its lease is over.
"""

import asyncio
import random
from contextlib import aclosing
from typing import Protocol

import structlog

from services.core import webhooks
from services.core.errors import LeaseLost, Unavailable
from services.core.webhook_store import WebhookStore
from services.core.webhooks import Answer, Dispatch
from services.story_worker import metrics
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)

_SETTLING_SECONDS = 15.0
"""How long after the longest send its end may still be noted."""


class Sender(Protocol):
    async def send(self, dispatch: Dispatch) -> Answer:
        """Never raises, and is bounded in time."""


class Deliveries:
    """One worker's part of the deliveries."""

    def __init__(
        self, *, store: WebhookStore, sender: Sender, settings: WorkerSettings, worker: str, chance: random.Random | None = None
    ) -> None:
        self._store = store
        self._sender = sender
        self._settings = settings
        self._worker = worker
        self._chance = chance or random.Random()
        self._sends: set[asyncio.Task[None]] = set()
        self._worth_a_look = asyncio.Event()

    async def run(self) -> None:
        """Deliver until cancelled; what is being sent then may still end, as long as a running operation may.

        What has been written is heard of; the poll finds what has become due, and what nobody told of.
        """
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                self._worth_a_look.clear()
                await self._take()
                try:
                    async with asyncio.timeout(self._settings.webhook_poll_seconds):
                        await self._worth_a_look.wait()
                except TimeoutError:
                    continue
        finally:
            listening.cancel()
            await self._drain()
            await asyncio.gather(listening, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._store.deliveries_written()) as written:
                    async for _ in written:
                        self._worth_a_look.set()
            except Unavailable as error:
                _log.warning("nothing is heard of deliveries for now", problem=str(error))
            await asyncio.sleep(self._settings.webhook_poll_seconds)

    async def _take(self) -> None:
        settings = self._settings
        free = settings.webhook_slots - len(self._sends)
        if free == 0:
            return
        try:
            claimed = await self._store.claim_deliveries(
                self._worker,
                settings.webhook_timeout_seconds + _SETTLING_SECONDS,
                limit=free,
                per_webhook=settings.webhook_slots_per_endpoint,
                per_user=settings.webhook_slots_per_user,
            )
        except Unavailable as error:
            _log.warning("no deliveries could be claimed", problem=str(error))
            return
        for dispatch in claimed:
            send = asyncio.create_task(self._deliver(dispatch))
            self._sends.add(send)
            send.add_done_callback(self._ended)

    async def _deliver(self, dispatch: Dispatch) -> None:
        delivery = dispatch.delivery
        with metrics.WEBHOOK_SECONDS.time():
            answer = await self._sender.send(dispatch)
        verdict = webhooks.verdict(answer, delivery.failures, self._chance)
        try:
            await self._store.settle_delivery(dispatch, verdict)
        except LeaseLost:
            _log.warning("another attempt owns the delivery", delivery_id=str(delivery.id), attempt=delivery.attempt)
            return
        except Unavailable as error:
            _log.warning("a delivery's end could not be noted; it is sent again", delivery_id=str(delivery.id), problem=str(error))
            return
        metrics.WEBHOOKS.labels(verdict.state).inc()
        if verdict.problem is not None:
            _log.info("not delivered", delivery_id=str(delivery.id), state=verdict.state, problem=verdict.problem.message)

    def _ended(self, send: asyncio.Task[None]) -> None:
        self._sends.discard(send)
        self._worth_a_look.set()
        if not send.cancelled() and (error := send.exception()):
            _log.error("a delivery broke; it is sent again when its lease is over", exc_info=error)

    async def _drain(self) -> None:
        sends = set(self._sends)
        try:
            if sends:
                await asyncio.wait(sends, timeout=self._settings.worker_drain_seconds)
        finally:
            for send in sends:
                send.cancel()
            await asyncio.gather(*sends, return_exceptions=True)
