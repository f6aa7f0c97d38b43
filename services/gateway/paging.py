"""Pages of a list, after AIP-158: an opaque, signed token says where the page before ended.

A token belongs to one list, asked for by one user with one filter and one order; for any other it is refused. It holds no secret:
the signature keeps clients from making tokens up, so that what is in them may change from release to release.
"""

import base64
import binascii
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Query

from services.core.errors import InvalidArgument
from services.core.model import UserId
from services.core.ordering import Place
from services.gateway.settings import GatewaySettings

T = TypeVar("T")

PageSize = Annotated[
    int | None,
    Query(
        description="Entries of a page at most. 0 or left out: the server's own number; too many: as many as it gives.",
        examples=[20],
    ),
]
PageToken = Annotated[
    str | None,
    Query(description="`next_page_token` of the page before, with everything else as it was then; empty for the first page."),
]

_SIGNATURE_BYTES = 16
_LONGEST = 1_000
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Scope:
    """What a token is good for. `asked` is whatever else decides which entries there are, and in which order."""

    name: str
    user: UserId
    asked: Sequence[str] = ()

    def sign(self, place: bytes, key: bytes) -> bytes:
        bound = json.dumps([self.name, str(self.user), *self.asked]).encode()
        return hmac.digest(key, bound + b"\0" + place, "sha256")[:_SIGNATURE_BYTES]


@dataclass(frozen=True, slots=True)
class Pages:
    """How the lists of one gateway are paged; replicas with the same key read each other's tokens."""

    settings: GatewaySettings

    def size(self, page_size: int | None, *, field: str = "query.page_size") -> int:
        """How many entries to show. Raises InvalidArgument OUT_OF_RANGE where it is negative."""
        if page_size is not None and page_size < 0:
            raise InvalidArgument("OUT_OF_RANGE", field=field, low=0, high=_MOST, found=page_size)
        return min(page_size or self.settings.page_size, self.settings.max_page_size)

    def after(self, scope: Scope, token: str | None, *, field: str = "query.page_token") -> Place | None:
        """Where the page before ended; None for the first page. Raises InvalidArgument BAD_PAGE_TOKEN."""
        if not token:
            return None
        data = _decoded(token)
        signature, place = data[:_SIGNATURE_BYTES], data[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, scope.sign(place, self._key)):
            raise InvalidArgument("BAD_PAGE_TOKEN", field=field)
        return _unpacked(place)

    def cut(self, found: Sequence[T], size: int, scope: Scope, place_of: Callable[[T], Place]) -> tuple[Sequence[T], str]:
        """The page and the next one's token, from one entry more than the page holds; the token is empty on the last page."""
        page = found[:size]
        if len(found) <= size:
            return page, ""
        return page, self.token(scope, place_of(page[-1]))

    def token(self, scope: Scope, place: Place) -> str:
        """The token for what follows `place`."""
        packed = _packed(place)
        return base64.urlsafe_b64encode(scope.sign(packed, self._key) + packed).decode().rstrip("=")

    @property
    def _key(self) -> bytes:
        return self.settings.page_token_key.get_secret_value().encode()


def _decoded(token: str) -> bytes:
    """The bytes of a token; none where it is none."""
    if len(token) > _LONGEST:
        return b""
    try:
        return base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""


def _packed(place: Place) -> bytes:
    """As JSON: times as text, ids as an object, numbers and null as they are."""

    def pack(value: datetime | int | UUID | None) -> object:
        match value:
            case datetime():
                return value.isoformat()
            case UUID():
                return {"id": value.hex}
            case _:
                return value

    return json.dumps([pack(value) for value in place], separators=(",", ":")).encode()


def _unpacked(data: bytes) -> Place:
    def unpack(value: object) -> datetime | int | UUID | None:
        match value:
            case str():
                return datetime.fromisoformat(value)
            case {"id": str(text)}:
                return UUID(hex=text)
            case int() | None:
                return value
            case _:
                raise TypeError(f"no part of a place: {value!r}")

    return tuple(unpack(value) for value in json.loads(data))
