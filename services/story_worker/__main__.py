"""`python -m services.story_worker`: one worker, until SIGTERM or SIGINT; then it drains and exits 0."""

import asyncio
import contextlib
import signal
from contextlib import AsyncExitStack

import prometheus_client
import structlog
import uvloop

from services.adapters import logs
from services.adapters.kafka import open_event_sender, open_wakeup_receiver, open_wakeup_sender
from services.adapters.model_client import open_models
from services.adapters.postgres import open_store
from services.adapters.settings import BrokerSettings, ModelSettings, StoreSettings
from services.core.announcer import Announcer
from services.story_worker.service import GROUP, serve
from services.story_worker.settings import WorkerSettings

_log = structlog.get_logger(__name__)


async def main() -> None:
    """Open the real parts and work."""
    settings = WorkerSettings()
    logs.configure("story_worker", settings.log_level)
    broker = BrokerSettings()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.worker_metrics_port:
        prometheus_client.start_http_server(settings.worker_metrics_port, addr=settings.worker_metrics_host)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(StoreSettings()))
        models = await stack.enter_async_context(open_models(ModelSettings()))
        wakeups = await stack.enter_async_context(open_wakeup_sender(broker))
        events = await stack.enter_async_context(open_event_sender(broker))
        receiver = await stack.enter_async_context(open_wakeup_receiver(broker, GROUP))
        announcer = Announcer(store, wakeups, events)
        await serve(store=store, models=models, receiver=receiver, announcer=announcer, settings=settings, stop=stop)
    _log.info("stopped")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        uvloop.run(main())
