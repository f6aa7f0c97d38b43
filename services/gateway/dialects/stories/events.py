"""An operation's events as server-sent events (WHATWG HTML, section 9.2).

First `operation`, a snapshot; then the stored events with their `seq` as the id, and between them live ones without an id.
After the terminal event the stream ends.
"""

import time
from collections.abc import AsyncGenerator
from contextlib import aclosing

from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.requests import Request

from services.core.errors import InvalidArgument
from services.core.model import Language, Operation, OperationEvent
from services.gateway.dialects.stories import render
from services.gateway.files import ClosingStream
from services.gateway.live import Hub
from services.gateway.validation import quote

HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_MOST_DIGITS = 9


class EventStream(ClosingStream):
    """FastAPI's own class for this wants the route to be a generator, which can answer with nothing else."""

    media_type = "text/event-stream"


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
    followed: AsyncGenerator[OperationEvent | Operation, None],
    *,
    hub: Hub,
    language: Language | None,
    keepalive: float,
) -> AsyncGenerator[bytes, None]:
    """The stream's bytes. A snapshot is sent again when it has changed unseen; a comment after `keepalive` silent seconds."""
    async with aclosing(followed):
        yield _snapshot(operation, language)
        sent = time.monotonic()
        async for news in followed:
            match news:
                case OperationEvent():
                    chunk: bytes | None = hub.shown(news, _event)
                case Operation() if news != operation:
                    operation = news
                    chunk = _snapshot(news, language)
                case _:
                    chunk = KEEPALIVE_COMMENT if time.monotonic() - sent >= keepalive else None
            if chunk is not None:
                yield chunk
                sent = time.monotonic()


def _snapshot(operation: Operation, language: Language | None) -> bytes:
    shown = render.operation(operation, language)
    return format_sse_event(event="operation", data_str=shown.model_dump_json(by_alias=True, exclude_unset=True))


def _event(event: OperationEvent) -> bytes:
    return format_sse_event(
        event=event.kind, data_str=render.event(event).model_dump_json(), id=str(event.seq) if event.seq else None
    )
