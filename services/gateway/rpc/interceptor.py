"""Around every call of ours: its errors made into statuses, one log line, the metrics."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, cast
from uuid import uuid4

import grpc
import structlog
from grpc import aio
from grpc_status import rpc_status

from services.core.errors import StoryreelError
from services.gateway.metrics import Metrics
from services.gateway.rpc import callers, statuses
from services.gateway.rpc.callers import Context
from services.gateway.validation import InvalidRequest

_OURS = ("/storyreel.", "/google.longrunning.")
_METHOD = "GRPC"
_log = structlog.get_logger(__name__)


class CallInterceptor(aio.ServerInterceptor):
    """Ends a call that raises with the error's status; one that raises what is not of our tree with INTERNAL, logged whole."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith(_OURS):
            return handler
        behaviour = self._guarded(handler.unary_unary, handler_call_details.method)
        return grpc.unary_unary_rpc_method_handler(behaviour, handler.request_deserializer, handler.response_serializer)

    def _guarded(self, behaviour: Callable[[Any, Context], Awaitable[Any]], method: str) -> Any:
        async def guarded(request: Any, context: Context) -> Any:
            began = time.perf_counter()
            code = grpc.StatusCode.OK
            try:
                return await behaviour(request, context)
            except asyncio.CancelledError:
                code = grpc.StatusCode.CANCELLED  # the caller hung up, or its deadline is over
                raise
            except (StoryreelError, InvalidRequest) as error:
                errors = error.errors if isinstance(error, InvalidRequest) else (error,)
                code = await _abort(context, [_as_spelled(one) for one in errors])
            except Exception as error:  # noqa: BLE001  # the edge: a bug ends one call, is logged, and shows no internals
                request_id = uuid4().hex
                _log.error("unexpected", method=method, request_id=request_id, exc_info=error)
                code = await _abort(context, [StoryreelError("INTERNAL", request_id=request_id)])
            finally:
                seconds = time.perf_counter() - began
                self._metrics.requests.labels(method, _METHOD, code.name).inc()
                self._metrics.latency.labels(method, _METHOD).observe(seconds)
                _log.info("call", method=method, status=code.name, ms=round(seconds * 1000, 2))

        return guarded


async def _abort(context: Context, errors: Sequence[StoryreelError]) -> grpc.StatusCode:
    status = rpc_status.to_status(statuses.status(errors, callers.language(context)))
    context.set_code(status.code)
    context.set_details(status.details)
    context.set_trailing_metadata(status.trailing_metadata)
    return cast(grpc.StatusCode, status.code)


def _as_spelled(error: StoryreelError) -> StoryreelError:
    """The error with its field as a message spells it: the parsers, which REST shares, put `body.` before it."""
    field = str(error.params.get("field", ""))
    if not field.startswith("body."):
        return error
    return type(error)(error.reason, retry_after=error.retry_after, **{**error.params, "field": field.removeprefix("body.")})
