"""The services of `storyreel.v1`: each method reads its message, asks the workbench and writes the updates."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from grpc import aio
from storyreel.v1 import engines_pb2, engines_pb2_grpc

from services.adapters.wire import requests as wire_requests
from services.adapters.wire import updates as wire_updates
from services.adapters.wire.methods import FULL_NAME, METHODS, TENANT, RequestMessage
from services.core.errors import DeadlineExceeded
from services.core.model import Key
from services.core.requests import Service
from services.model_service.single_flight import Flights
from services.model_service.workbench import Workbench

_LONGEST_TENANT = 128

Context = aio.ServicerContext[Any, Any]


def add_generating(service: Service, bench: Workbench, server: aio.Server) -> None:
    """Serve the generating methods of `service` by `bench`."""

    async def answer(message: RequestMessage, context: Context) -> None:
        request, key = wire_requests.decode(message)

        async def send(update: wire_updates.Update) -> None:
            await context.write(wire_updates.encode(request.kind, update))

        remaining = context.time_remaining()
        try:
            async with asyncio.timeout(remaining):
                await bench.answer(request, key, send, tenant=_tenant(context))
        except TimeoutError:
            raise DeadlineExceeded("MODEL_TIMEOUT", service=service.value, seconds=round(remaining or 0.0, 1)) from None

    handlers = {
        method.name: grpc.unary_stream_rpc_method_handler(
            answer, request_deserializer=method.request.FromString, response_serializer=method.response.SerializeToString
        )
        for method in METHODS.values()
        if method.service is service
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(FULL_NAME[service], handlers),))


def _tenant(context: Context) -> str:
    """Who a call is for, if its caller says so."""
    return next((str(value)[:_LONGEST_TENANT] for name, value in context.invocation_metadata() or () if name == TENANT), "")


class Engines(engines_pb2_grpc.EnginesServicer):
    """Who serves what. An engine that is still loading is not listed: what it is may depend on what it finds."""

    def __init__(self, benches: Mapping[Service, Workbench], flights: Flights) -> None:
        self._benches = benches
        self._flights = flights

    async def ListEngines(  # noqa: N802
        self,
        request: engines_pb2.ListEnginesRequest,  # noqa: ARG002
        context: Context,  # noqa: ARG002
    ) -> engines_pb2.ListEnginesResponse:
        loaded = {service.value: bench.identity for service, bench in self._benches.items() if bench.identity is not None}
        return wire_updates.encode_engines(loaded)

    async def AbandonGeneration(  # noqa: N802
        self,
        request: engines_pb2.AbandonGenerationRequest,
        context: Context,  # noqa: ARG002
    ) -> engines_pb2.AbandonGenerationResponse:
        return engines_pb2.AbandonGenerationResponse(stopped=await self._flights.abandon(Key(request.key)))
