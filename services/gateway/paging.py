"""Pages of a list: an opaque token names the last entry of the page before, and belongs to one list with one filter."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query

from services.core.errors import InvalidArgument
from services.gateway.settings import GatewaySettings

T = TypeVar("T")

PageSize = Annotated[int | None, Query(description="Entries of a page; the server's own number when left out.", examples=[20])]
PageToken = Annotated[str | None, Query(description="`next_page_token` of the page before; left out or empty for the first page.")]

_MARK_BYTES = 6


def size_of(page_size: int | None, settings: GatewaySettings) -> int:
    """How many entries to show. Raises InvalidArgument OUT_OF_RANGE."""
    if page_size is None:
        return settings.page_size
    if not 1 <= page_size <= settings.max_page_size:
        raise InvalidArgument("OUT_OF_RANGE", field="query.page_size", low=1, high=settings.max_page_size, found=page_size)
    return page_size


def encode(scope: str, last: UUID) -> str:
    """The token for what follows `last` in the list that `scope` names."""
    return base64.urlsafe_b64encode(_mark(scope) + last.bytes).decode().rstrip("=")


def decode(scope: str, token: str | None) -> UUID | None:
    """The entry before the page; None for the first page. Raises InvalidArgument BAD_PAGE_TOKEN."""
    if not token:
        return None
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != _MARK_BYTES + 16 or not data.startswith(_mark(scope)):
        raise InvalidArgument("BAD_PAGE_TOKEN", field="query.page_token")
    return UUID(bytes=data[_MARK_BYTES:])


def cut(found: Sequence[T], size: int, scope: str, id_of: Callable[[T], UUID]) -> tuple[Sequence[T], str]:
    """The page and the next one's token, from one entry more than the page holds; the token is empty on the last page."""
    page = found[:size]
    return page, encode(scope, id_of(page[-1])) if len(found) > size else ""


def _mark(scope: str) -> bytes:
    return hashlib.sha256(scope.encode()).digest()[:_MARK_BYTES]
