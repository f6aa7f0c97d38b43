"""Errors on the wire: the one place where this service turns exceptions into `google.rpc.Status`."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import grpc
import structlog
from grpc import aio
from grpc_status import rpc_status

from services.adapters.wire import errors as wire_errors
from services.core.errors import StoryreelError

_log = structlog.get_logger(__name__)

_PREFIX = "/storyreel."

Context = aio.ServicerContext[Any, Any]


class ErrorInterceptor(aio.ServerInterceptor):
    """Ends a call of ours that raises with the error's status and details; what is not of our tree as INTERNAL, logged whole."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_PREFIX):
            return handler
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _guard(handler.unary_stream), handler.request_deserializer, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            _guard(handler.unary_unary), handler.request_deserializer, handler.response_serializer
        )


def _guard(behaviour: Callable[[Any, Context], Awaitable[Any]]) -> Any:
    """The handler with its errors made into statuses. Ours are coroutines; a streaming one writes to its context."""

    async def guarded(request: Any, context: Context) -> Any:
        try:
            return await behaviour(request, context)
        except aio.AbortError:
            raise
        except StoryreelError as error:
            await _abort(context, error)
        except Exception as error:  # noqa: BLE001  # the edge: a bug ends one call, is logged, and shows no internals
            request_id = uuid4().hex
            _log.error("a call failed unexpectedly", request_id=request_id, exc_info=error)
            await _abort(context, StoryreelError("INTERNAL", request_id=request_id))

    return guarded


async def _abort(context: Context, error: StoryreelError) -> None:
    await context.abort_with_status(rpc_status.to_status(wire_errors.encode(error)))
