"""Media over HTTP: streamed in chunks from the object store, with ranges and revalidation."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.core.model import MediaRef
from services.core.ports import Media
from services.gateway import ranges

CURRENT = "private, no-cache"
"""What a URL shows may change: keep it, and ask each time whether it is still so."""
IMMUTABLE = "private, max-age=31536000, immutable"
"""What a URL shows never changes."""


async def respond(request: Request, media: Media, ref: MediaRef, *, name: str, cache_control: str) -> Response:
    """The file, a range of it, or 304. Raises InvalidArgument BAD_RANGE, and what the object store raises for the first chunk."""
    etag = f'"{ref.digest}"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": cache_control,
        "Vary": "X-User-ID",
    }
    if ranges.unchanged(etag, request.headers.get("if-none-match")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    span = None
    if request.method == "GET" and ranges.same(etag, request.headers.get("if-range")):
        span = ranges.wanted(request.headers.get("range"), ref.size)
    headers |= {"Content-Type": ref.content_type, "Content-Disposition": f'inline; filename="{name}"'}
    status = HTTPStatus.OK
    if span:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = span.content_range
    span = span or ranges.Span(0, ref.size, ref.size)
    headers["Content-Length"] = str(span.length)
    if request.method == "HEAD" or span.length == 0:
        return Response(status_code=status, headers=headers)
    chunks = media.stream(ref.digest, span.start, span.end)
    first = await anext(aiter(chunks))  # what is missing is said before the status is sent
    return ClosingStream(_with(first, chunks), status_code=status, headers=headers)


class ClosingStream(StreamingResponse):
    """A stream whose source is closed as soon as the client is gone, not when the garbage is collected."""

    def __init__(self, source: AsyncGenerator[bytes, None], *, status_code: int = 200, headers: Mapping[str, str]) -> None:
        super().__init__(source, status_code=status_code, headers=headers)
        self._source = source

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._source):
            await super().__call__(scope, receive, send)


async def _with(first: bytes, rest: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    yield first
    async for chunk in rest:
        yield chunk
