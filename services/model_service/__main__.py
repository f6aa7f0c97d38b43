"""`python -m services.model_service`: serve the engines that the settings choose, until SIGTERM or SIGINT."""

import asyncio
import signal
import sys
from contextlib import AsyncExitStack

import structlog
import uvloop
from prometheus_client import CollectorRegistry, start_http_server

from services.adapters import logs
from services.adapters.objects import open_media
from services.adapters.settings import MediaSettings
from services.core.errors import StoryreelError
from services.model_service import allocator, registry
from services.model_service.equipment import Equipment
from services.model_service.server import serving
from services.model_service.settings import ModelServiceSettings

_log = structlog.get_logger(__name__)


async def serve(settings: ModelServiceSettings, media_settings: MediaSettings) -> None:
    """Serve until told to stop. Raises what keeps an engine from loading."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    collectors = CollectorRegistry()
    equipment = Equipment(settings, collectors)
    engines = {service: registry.engine(service, equipment) for service in settings.services}
    async with AsyncExitStack() as stack:
        if settings.metrics_port is not None:
            http, thread = start_http_server(settings.metrics_port, addr="127.0.0.1", registry=collectors)
            stack.callback(thread.join)
            stack.callback(http.shutdown)
        server = await stack.enter_async_context(serving(settings, open_media(media_settings), engines, collectors))
        _log.info("listening", port=server.port, services=[service.value for service in settings.services])
        loaded = asyncio.create_task(server.loaded())
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([loaded, stopped], return_when=asyncio.FIRST_COMPLETED)
        if loaded.done():
            await loaded
            _log.info("serving", port=server.port)
            await stopped
        else:
            loaded.cancel()
        _log.info("stopping", drain_seconds=settings.drain_seconds)


def main() -> int:
    allocator.return_what_is_freed()
    settings = ModelServiceSettings()
    logs.configure("model_service", settings.log_level)
    failed = False
    try:
        uvloop.run(serve(settings, MediaSettings()))
    except* StoryreelError as group:
        failed = True
        for error in group.exceptions:
            _log.error("the model service cannot serve", problem=str(error))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
