"""`Models` over gRPC: streamed progress, typed errors, and calls that survive a lost connection.

A generation belongs to the service, under its key. A broken stream therefore loses nothing: the call is made again with
the same key, and attaches to what is still being made or gets what has been made meanwhile.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import cast

import grpc
from grpc import aio
from grpc_status import rpc_status

from services.adapters.model_client.peers import Peer
from services.adapters.settings import ModelSettings
from services.adapters.wire import errors as wire_errors
from services.adapters.wire import requests as wire_requests
from services.adapters.wire import updates as wire_updates
from services.adapters.wire.methods import METHODS, TENANT, ResponseMessage
from services.core.errors import (
    DeadlineExceeded,
    EngineFailed,
    FailedPrecondition,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Artifact, Engine, Key
from services.core.ports import Models, OnProgress, Progress
from services.core.requests import Request, Service

_REATTACH_DELAYS = (0.1, 0.2, 0.4, 0.8, 1.0, 1.0)
"""Mean seconds before each new try after a broken connection: together longer than a service takes to restart."""

_BROKEN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
"""What a stream ends with, without details of ours, when the wire or the peer's process broke."""


class _Broken(Exception):
    """The stream broke; `moved` says whether it had brought anything."""

    def __init__(self, *, moved: bool) -> None:
        super().__init__()
        self.moved = moved


@asynccontextmanager
async def open_models(settings: ModelSettings) -> AsyncIterator[Models]:
    """The models at the settings' addresses, one channel an address. Connects when first used."""
    peers = {address: Peer(address) for address in {settings.address(service) for service in Service}}
    try:
        yield GrpcModels(settings, {service: peers[settings.address(service)] for service in Service})
    finally:
        await asyncio.gather(*(peer.close() for peer in peers.values()))


class GrpcModels:
    """See `core.ports.Models`."""

    def __init__(self, settings: ModelSettings, peers: Mapping[Service, Peer]) -> None:
        self._timeout = settings.model_timeout_seconds
        self._peers = peers

    async def engine(self, service: Service) -> Engine:
        return await self._peers[service].engine(service)

    async def make(self, request: Request, key: Key, *, on_progress: OnProgress, tenant: str = "") -> Artifact:
        service = request.service
        peer = self._peers[service]
        deadline = monotonic() + self._timeout
        broken = 0
        try:
            while True:
                try:
                    return await self._call(peer, request, key, deadline, on_progress=on_progress, tenant=tenant)
                except _Broken as error:
                    peer.forget_engines()
                    broken = 0 if error.moved else broken
                    if broken == len(_REATTACH_DELAYS):
                        raise Unavailable("MODEL_UNAVAILABLE", service=service.value) from error
                    await asyncio.sleep(_REATTACH_DELAYS[broken] * random.uniform(0.5, 1.5))
                    broken += 1
        except asyncio.CancelledError:
            # Without this word the service would keep the engine at work for a while, for somebody to come back.
            await peer.abandon(key)
            raise
        except FailedPrecondition as error:
            if error.reason == "ENGINE_CHANGED":
                peer.forget_engines()
            raise

    async def ready(self) -> None:
        serving = await asyncio.gather(*(peer.serving(service) for service, peer in self._peers.items()))
        missing = [service.value for service, good in zip(self._peers, serving, strict=True) if not good]
        if missing:
            raise Unavailable("NOT_READY", parts=", ".join(missing))

    async def _call(
        self, peer: Peer, request: Request, key: Key, deadline: float, *, on_progress: OnProgress, tenant: str
    ) -> Artifact:
        """One call. Raises _Broken when the stream ended without an answer."""
        method = METHODS[request.kind]
        remaining = deadline - monotonic()
        if remaining <= 0:
            raise self._too_long(request.service)
        start = peer.channel.unary_stream(
            method.path, request_serializer=method.request.SerializeToString, response_deserializer=method.response.FromString
        )
        metadata = ((TENANT, tenant),) if tenant else ()
        call = start(wire_requests.encode(request, key), timeout=remaining, metadata=metadata)
        moved = False
        try:
            async for message in call:
                moved = True
                match wire_updates.decode(request.kind, cast(ResponseMessage, message)):
                    case wire_updates.Result(artifact):
                        return artifact
                    case Progress() as progress:
                        on_progress(progress)
                    case None:
                        pass
        except aio.AioRpcError as error:
            failure = self._failure(error, request.service)
            if failure is None:
                raise _Broken(moved=moved) from error
            raise failure from error
        finally:
            call.cancel()
        raise _Broken(moved=moved)

    def _failure(self, error: aio.AioRpcError, service: Service) -> StoryreelError | None:
        """The error that a call ended with; None when its connection broke."""
        status = rpc_status.from_call(error)
        said = wire_errors.decode(status, service) if status is not None else None
        if said is not None:
            return said
        code = error.code()
        match code:
            case grpc.StatusCode.DEADLINE_EXCEEDED:
                return self._too_long(service)
            case grpc.StatusCode.UNIMPLEMENTED:
                return Unavailable("SERVICE_NOT_SERVED", service=service.value)
            case grpc.StatusCode.RESOURCE_EXHAUSTED:
                return ResourceExhausted("MODEL_BUSY", service=service.value)
            case _ if code in _BROKEN:
                return None
            case _:
                return EngineFailed("ENGINE_FAILED", engine=service.value, problem=f"gRPC {code.name}: {error.details()}")

    def _too_long(self, service: Service) -> DeadlineExceeded:
        return DeadlineExceeded("MODEL_TIMEOUT", service=service.value, seconds=self._timeout)
