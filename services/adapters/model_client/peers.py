"""One address with model services behind it: its channel, its engines, its health."""

import asyncio
from collections.abc import Mapping
from time import monotonic

import grpc
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from storyreel.v1 import engines_pb2, engines_pb2_grpc

from services.adapters.wire.methods import FULL_NAME
from services.adapters.wire.updates import decode_engines
from services.core.errors import Unavailable
from services.core.model import Engine, Key
from services.core.requests import Service

ENGINES_TTL = 5.0
"""Seconds that a list of engines is believed."""
_ASK_SECONDS = 2.0
"""Longest wait for an answer that needs no work, a reconnect included."""
_ABANDON_SECONDS = 1.0

_OPTIONS = [
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 100),
    # The least is also the time that a connection attempt may take.
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.dns_min_time_between_resolutions_ms", 2_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    # Channels of one process keep their own connections, so that one's backoff is not another's.
    ("grpc.use_local_subchannel_pool", 1),
]


class Peer:
    """A model service's address. Used from one event loop."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.channel = aio.insecure_channel(address, options=_OPTIONS)
        self._stub = engines_pb2_grpc.EnginesStub(self.channel)
        self._health = health_pb2_grpc.HealthStub(self.channel)
        self._engines: Mapping[str, Engine] = {}
        self._believed_until = 0.0
        self._asking = asyncio.Lock()

    async def engine(self, service: Service) -> Engine:
        """Who serves it, at most `ENGINES_TTL` seconds ago. Raises Unavailable."""
        async with self._asking:
            if monotonic() >= self._believed_until or service.value not in self._engines:
                self._engines = await self._list(service)
                self._believed_until = monotonic() + ENGINES_TTL
        try:
            return self._engines[service.value]
        except KeyError:
            raise Unavailable(await self._absence(service), service=service.value) from None

    def forget_engines(self) -> None:
        """Ask again next time: the engines changed, or the process behind the address may have."""
        self._believed_until = 0.0

    async def serving(self, service: Service) -> bool:
        """Whether the service says SERVING; False too when it cannot be reached."""
        request = health_pb2.HealthCheckRequest(service=FULL_NAME[service])
        try:
            answer = await self._health.Check(request, timeout=_ASK_SECONDS, wait_for_ready=True)
        except aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

    async def abandon(self, key: Key) -> None:
        """Say that nobody waits for `key` any more. Best effort: what is not heard ends by itself a little later."""
        try:
            await self._stub.AbandonGeneration(engines_pb2.AbandonGenerationRequest(key=key), timeout=_ABANDON_SECONDS)
        except aio.AioRpcError:
            self.forget_engines()

    async def close(self) -> None:
        await self.channel.close()

    async def _list(self, service: Service) -> Mapping[str, Engine]:
        try:
            answer = await self._stub.ListEngines(engines_pb2.ListEnginesRequest(), timeout=_ASK_SECONDS, wait_for_ready=True)
        except aio.AioRpcError as error:
            raise Unavailable("MODEL_UNAVAILABLE", service=service.value) from error
        return decode_engines(answer)

    async def _absence(self, service: Service) -> str:
        """Why a service is not listed: not served there, or still loading."""
        request = health_pb2.HealthCheckRequest(service=FULL_NAME[service])
        try:
            await self._health.Check(request, timeout=_ASK_SECONDS)
        except aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return "SERVICE_NOT_SERVED"
        return "MODEL_UNAVAILABLE"
