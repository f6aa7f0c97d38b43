"""`Idempotency-Key`: a POST that is sent twice does its work once."""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Header
from starlette.requests import Request

from services.core import recipes
from services.core.commands import Idempotency
from services.core.errors import InvalidArgument

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_KEY = re.compile(r"[\x21-\x7e]{1,255}")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=HEADER,
        description="1 to 255 visible ASCII characters. The same request under the same key begins nothing new.",
    ),
]


def of(request: Request, asked: Mapping[str, Any]) -> Idempotency | None:
    """The client's key and the digest of what it asks: path and body. Raises InvalidArgument BAD_IDEMPOTENCY_KEY."""
    values = request.headers.getlist(HEADER)
    if not values:
        return None
    if len(values) > 1 or not _KEY.fullmatch(values[0]):
        raise InvalidArgument("BAD_IDEMPOTENCY_KEY", field=f"header.{HEADER}")
    digest = hashlib.sha256(recipes.canonical({"path": request.url.path, "body": dict(asked)})).hexdigest()
    return Idempotency(values[0], digest)
