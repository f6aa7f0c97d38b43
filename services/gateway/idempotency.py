"""`Idempotency-Key`, or `request_id` in the body (AIP-155): a POST that is sent twice does its work once."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request
from starlette.responses import Response

from services.core import recipes
from services.core.commands import Idempotency
from services.core.errors import InvalidArgument
from services.gateway.uuids import parse_uuid
from services.gateway.validation import quote

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
EXPIRES = "Idempotency-Expires"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="1 to 255 visible ASCII characters. The same request under the same key begins nothing new.",
    ),
]


def of(request: Request, asked: Mapping[str, Any], request_id: str | None = None) -> Idempotency | None:
    """The client's key and the digest of what it asks: path and body.

    Raises InvalidArgument BAD_IDEMPOTENCY_KEY, NOT_A_UUID, REQUEST_ID_DIFFERS.
    """
    values = request.headers.getlist(HEADER)
    if values and (len(values) > 1 or not _KEY.fullmatch(values[0])):
        raise InvalidArgument("BAD_IDEMPOTENCY_KEY", field=f"header.{HEADER}")
    if request_id is not None:
        named(request_id, field="body.request_id")
        if values and values[0] != request_id:
            raise InvalidArgument("REQUEST_ID_DIFFERS", field="body.request_id")
        values = [request_id]
    return Idempotency(values[0], digest({"path": request.url.path, "body": dict(asked)})) if values else None


def told(response: Response, *, replayed: bool, expires_at: datetime | None) -> None:
    """Say in the answer's headers whether its key has come before, and until when it holds."""
    if replayed:
        response.headers[REPLAYED] = "true"
    if expires_at is not None:
        response.headers[EXPIRES] = expires_at.isoformat(timespec="microseconds")


def named(request_id: str, *, field: str) -> str:
    """A request's name. Raises InvalidArgument NOT_A_UUID."""
    if parse_uuid(request_id) is None:
        raise InvalidArgument("NOT_A_UUID", field=field, found=quote(request_id))
    return request_id


def digest(asked: Mapping[str, Any]) -> str:
    """Tells one request from another."""
    return hashlib.sha256(recipes.canonical(asked)).hexdigest()
