"""`python -m services.gateway`: one gateway, until SIGTERM or SIGINT."""

from contextlib import AsyncExitStack

import structlog
import uvloop

from services.adapters import logs
from services.adapters.kafka import open_event_receiver, open_event_sender, open_wakeup_sender
from services.adapters.model_client import open_models
from services.adapters.objects import open_media
from services.adapters.postgres import open_store
from services.adapters.settings import BrokerSettings, MediaSettings, ModelSettings, StoreSettings
from services.core.announcer import Announcer
from services.gateway.app import create_app
from services.gateway.live import Hub
from services.gateway.readiness import Readiness, enough_workers
from services.gateway.rpc.server import start_rpc
from services.gateway.server import Server, serve
from services.gateway.settings import GatewaySettings

_log = structlog.get_logger(__name__)


async def main() -> None:
    """Open the real parts and serve."""
    settings = GatewaySettings()
    logs.configure("gateway", settings.log_level)
    broker = BrokerSettings()
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(StoreSettings(), application="gateway"))
        # After the workers, as releases are: they can open by now what is sealed here.
        if renewed := await store.rewrite_webhook_secrets(settings.seal.renewed):
            _log.info("webhooks' secrets were sealed anew", webhooks=renewed)
        models = await stack.enter_async_context(open_models(ModelSettings()))
        wakeups = await stack.enter_async_context(open_wakeup_sender(broker))
        events = await stack.enter_async_context(open_event_sender(broker))
        media = open_media(MediaSettings())
        readiness = Readiness(
            {
                "database": store.ready,
                "broker": wakeups.ready,
                "models": models.ready,
                "workers": enough_workers(store.live_workers, within=settings.worker_silence_seconds),
                "media": media.ready,
            },
            settings.ready_requires,
            timeout=settings.ready_timeout_seconds,
        )
        announcer = Announcer(store, wakeups, events)
        hub = Hub(store, queue_size=settings.live_queue_events, resync=settings.live_resync_seconds)
        app = create_app(store=store, media=media, announcer=announcer, live=hub, settings=settings, readiness=readiness)
        rpc = await start_rpc(app.state.wiring) if settings.gateway_grpc_listen else None
        await serve(Server(app, hub, settings, rpc), announcer.run(), hub.run(lambda: open_event_receiver(broker)))
    _log.info("stopped")


if __name__ == "__main__":
    uvloop.run(main())
