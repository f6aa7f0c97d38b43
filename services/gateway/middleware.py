"""Around every request: an id, one log line, the metrics, and an answer without internals when something unexpected breaks."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.core.errors import StoryreelError
from services.gateway import problems
from services.gateway.metrics import Metrics

HEADER = "X-Request-Id"
CLIENT_LEFT = 499
"""Logged, never sent: the client hung up before there was an answer."""

_SANE = re.compile(r"[\x21-\x7e]{1,128}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_log = structlog.get_logger(__name__)


class RequestContext:
    """The outermost middleware of ours. `X-Request-Id` is taken over when it is 1 to 128 visible ASCII characters."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _SANE.fullmatch(given) else uuid4().hex
        scope["storyreel.request_id"] = request_id
        began = time.perf_counter()
        answered: tuple[int, float] | None = None

        async def send_with_id(message: Message) -> None:
            nonlocal answered
            if message["type"] == "http.response.start":
                answered = message["status"], time.perf_counter() - began
                headers = MutableHeaders(scope=message)
                headers[HEADER] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            except ClientDisconnect:
                answered = answered or (CLIENT_LEFT, time.perf_counter() - began)
            except Exception:
                _log.exception("unexpected", method=scope["method"], path=scope["path"])
                if answered:
                    raise  # too late for an answer: the server cuts the connection
                error = StoryreelError("INTERNAL", request_id=request_id)
                await problems.render(Request(scope), (error,))(scope, receive, send_with_id)
            finally:
                self._note(scope, *(answered or (CLIENT_LEFT, time.perf_counter() - began)))

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "(other)"
        route = getattr(scope.get("route"), "path", "") or "(none)"
        self._metrics.answered(route, method, status, seconds)
        level = _log.debug if scope["path"] in _QUIET else _log.info
        level("request", method=method, path=scope["path"], route=route, status=status, ms=round(seconds * 1000, 2))
