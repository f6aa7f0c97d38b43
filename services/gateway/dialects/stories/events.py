"""An operation's events as server-sent events (WHATWG HTML, section 9.2).

First `operation`, a snapshot; then the stored events with their `seq` as the id, and between them live ones without an id.
After the terminal event the stream ends.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from services.core.errors import InvalidArgument
from services.core.model import Language, Operation, OperationEvent
from services.gateway.dialects.stories import render
from services.gateway.files import ClosingStream
from services.gateway.live import Hub
from services.gateway.metrics import Metrics
from services.gateway.validation import quote

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_MOST_DIGITS = 9


class EventStream(ClosingStream):
    """Server-sent events to one client, until they end or the client hangs up.

    Less than Starlette does, for there may be thousands: no group of tasks, one task that listens for the client to leave.
    FastAPI's own class for this wants the route to be a generator, which can answer with nothing else.
    """

    media_type = "text/event-stream"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  # ASGI's
        streaming = cast("asyncio.Task[None]", asyncio.current_task())
        leaving = asyncio.create_task(_left(receive))
        over = False

        def stop(_: object) -> None:
            if not over:
                streaming.cancel()

        leaving.add_done_callback(stop)
        try:
            async with aclosing(self._source):
                await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
                async for chunk in self._source:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        except asyncio.CancelledError:
            if not leaving.done() or streaming.uncancel():
                raise
        finally:
            over = True
            leaving.cancel()


async def _left(receive: Receive) -> None:
    """Returns when the client has hung up. The request's body has been read, or is none."""
    while (await receive())["type"] != "http.disconnect":
        pass


def last_event_id(request: Request, query: str | None) -> int | None:
    """After which event to begin: the header that a browser sends when it reconnects, else the query; None for all of them.

    Raises InvalidArgument BAD_EVENT_ID.
    """
    header = request.headers.get("last-event-id")
    field, text = ("header.Last-Event-ID", header) if header else ("query.last_event_id", query)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS):
        raise InvalidArgument("BAD_EVENT_ID", field=field, found=quote(text))
    return int(text)


def wants_list(request: Request) -> bool:
    """Whether the client asks for JSON, and not for a stream."""
    accept = request.headers.get("accept", "")
    return "application/json" in accept and "text/event-stream" not in accept


async def encode(
    operation: Operation,
    followed: AsyncGenerator[OperationEvent | Operation | None, None],
    *,
    hub: Hub,
    language: Language | None,
    metrics: Metrics,
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes, counted as open until they end. A snapshot is sent again when it has changed unseen, a comment where
    there is no news.
    """
    with metrics.streams.track_inprogress():
        async with aclosing(followed):
            yield _snapshot(operation, language)
            async for news in followed:
                match news:
                    case OperationEvent():
                        yield hub.shown(news, _event)
                    case Operation() if news != operation:
                        operation = news
                        yield _snapshot(news, language)
                    case None:
                        yield KEEPALIVE_COMMENT
                    case _:
                        pass  # as it was


def _snapshot(operation: Operation, language: Language | None) -> bytes:
    shown = render.operation(operation, language)
    return format_sse_event(event="operation", data_str=shown.model_dump_json(by_alias=True, exclude_unset=True))


def _event(event: OperationEvent) -> bytes:
    return format_sse_event(
        event=event.kind, data_str=render.event(event).model_dump_json(), id=str(event.seq) if event.seq else None
    )
