"""A worker's loops, wired over whatever ports it is given: intake, runs, housekeeping, drain."""

import asyncio
from typing import Any

import structlog

from services.core.announcer import Announcer
from services.core.ports import Models, Store, WakeUpReceiver
from services.core.requests import Service
from services.story_worker.consumer import Consumer
from services.story_worker.deliveries import Deliveries
from services.story_worker.runner import Runner
from services.story_worker.settings import WorkerSettings
from services.story_worker.sweeper import sweep
from services.story_worker.webhook_sender import WebhookSender

_log = structlog.get_logger(__name__)

GROUP = "story-worker"
"""The consumer group of all workers, and the prefix of their names."""


async def serve(
    *,
    store: Store,
    models: Models,
    receiver: WakeUpReceiver,
    announcer: Announcer,
    settings: WorkerSettings,
    stop: asyncio.Event,
) -> None:
    """Work until `stop` is set, then drain. Raises when one of the worker's own loops breaks."""
    worker = f"{GROUP}/{settings.worker_name}"
    gates = {service: asyncio.Semaphore(settings.worker_steps) for service in Service}
    runner = Runner(store=store, models=models, announcer=announcer, gates=gates, settings=settings, worker=worker)
    consumer = Consumer(store=store, receiver=receiver, runner=runner, settings=settings, worker=worker)
    announcing = asyncio.create_task(announcer.run())
    intake = [
        asyncio.create_task(loop) for loop in (consumer.follow_wakeups(), consumer.take_work(), consumer.poll(), consumer.watch())
    ]
    housekeeping = asyncio.create_task(
        sweep(store=store, announcer=announcer, settings=settings, worker=worker, look=consumer.look)
    )
    sender = WebhookSender(settings)
    deliveries = Deliveries(store=store, sender=sender, settings=settings, worker=worker)
    delivering = asyncio.create_task(deliveries.run())
    stopping = asyncio.create_task(stop.wait())
    _log.info("working", worker=worker, slots=settings.worker_slots)
    try:
        done, _ = await asyncio.wait({stopping, announcing, housekeeping, delivering, *intake}, return_when=asyncio.FIRST_COMPLETED)
        await _cancel(*intake)
        _log.info("draining", running=consumer.running)
        delivering.cancel()  # what it is sending may still end, beside the operations
        await consumer.drain(settings.worker_drain_seconds)
        await asyncio.wait({delivering})
    finally:
        await _cancel(stopping, housekeeping, delivering, *intake)
        sender.close()
        await _cancel(announcing)
    for task in done - {stopping}:
        task.result()


async def _cancel(*tasks: asyncio.Task[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
