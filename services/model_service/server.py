"""The gRPC server: engines, health, reflection, and an orderly end."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import structlog
from grpc import aio
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection
from prometheus_client import CollectorRegistry
from storyreel.v1 import engines_pb2_grpc

from services.adapters.wire.methods import FULL_NAME
from services.core.errors import Unavailable
from services.core.ports import Media
from services.core.requests import Service
from services.model_service import servicers, vitals
from services.model_service.engine import Generator
from services.model_service.interceptors import ErrorInterceptor
from services.model_service.metrics import Metrics
from services.model_service.settings import ModelServiceSettings
from services.model_service.single_flight import Flights
from services.model_service.workbench import Workbench

_log = structlog.get_logger(__name__)

ENGINES = "storyreel.v1.Engines"

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

_OPTIONS = [
    # Two processes on one port would share its calls at random; better the second one fails.
    ("grpc.so_reuseport", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Workers ping idle connections, to notice a lost peer in seconds: see the model client.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 5_000),
]


class ModelServer:
    """A running server. `port` is the one it listens on."""

    def __init__(self, port: int, loading: "asyncio.Task[None]") -> None:
        self.port = port
        self._loading = loading

    async def loaded(self) -> None:
        """Returns when all engines are loaded and SERVING; raises what kept one from loading."""
        await asyncio.shield(self._loading)


@asynccontextmanager
async def serving(
    settings: ModelServiceSettings,
    media: Media,
    engines: Mapping[Service, Generator[Any]],
    registry: CollectorRegistry | None = None,
) -> AsyncIterator[ModelServer]:
    """Serve `engines` while the context is open; loading goes on in the background.

    At its end: health says NOT_SERVING, calls get `drain_seconds` to finish, then what still runs is stopped.
    Raises Unavailable CANNOT_LISTEN.
    """
    metrics = Metrics(registry or CollectorRegistry())
    flights = Flights(settings.linger_seconds)
    benches = {
        service: Workbench(service, engine, settings=settings, media=media, flights=flights, metrics=metrics)
        for service, engine in engines.items()
    }
    server = aio.server(interceptors=[ErrorInterceptor()], options=_OPTIONS)
    healths = health.aio.HealthServicer()
    for name in ("", ENGINES, *(FULL_NAME[service] for service in benches)):
        await healths.set(name, _NOT_SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(healths, server)
    engines_pb2_grpc.add_EnginesServicer_to_server(servicers.Engines(benches, flights), server)
    for service, bench in benches.items():
        servicers.add_generating(service, bench, server)
    names = [ENGINES, *(FULL_NAME[service] for service in benches), health.SERVICE_NAME, reflection.SERVICE_NAME]
    reflection.enable_server_reflection(names, server)
    try:
        port = server.add_insecure_port(settings.model_listen)
    except RuntimeError as error:
        raise Unavailable("CANNOT_LISTEN", address=settings.model_listen) from error
    await server.start()
    await healths.set(ENGINES, _SERVING)
    loading = asyncio.create_task(_load(benches, healths), name="load engines")
    watching = asyncio.create_task(_watch(loading, benches, healths), name="watch engines")
    try:
        yield ModelServer(port, loading)
    finally:
        await healths.enter_graceful_shutdown()
        loading.cancel()
        watching.cancel()
        await asyncio.gather(loading, watching, return_exceptions=True)
        await server.stop(settings.drain_seconds)
        await flights.close()
        for bench in benches.values():
            await bench.close()


async def _load(benches: Mapping[Service, Workbench], healths: health.aio.HealthServicer) -> None:
    async def load(bench: Workbench) -> None:
        await bench.load()
        await healths.set(FULL_NAME[bench.service], _SERVING)

    async with asyncio.TaskGroup() as group:
        for bench in benches.values():
            group.create_task(load(bench))
    await healths.set("", _SERVING)


async def _watch(loading: "asyncio.Task[None]", benches: Mapping[Service, Workbench], healths: health.aio.HealthServicer) -> None:
    """Once all are loaded, tell the health of those that may die, until cancelled."""
    await asyncio.wait([loading])
    dead: set[Service] = set()

    async def watch(bench: Workbench, engine: vitals.Mortal) -> None:
        async def tell(alive: bool) -> None:
            (dead.discard if alive else dead.add)(bench.service)
            await healths.set(FULL_NAME[bench.service], _SERVING if alive else _NOT_SERVING)
            await healths.set("", _NOT_SERVING if dead else _SERVING)

        await vitals.keep(engine, bench.identity.name if bench.identity else "", tell)

    async with asyncio.TaskGroup() as group:
        for bench in benches.values():
            if bench.mortal is not None:
                group.create_task(watch(bench, bench.mortal))
