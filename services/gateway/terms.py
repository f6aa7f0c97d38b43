"""The headers by which a client says how an operation is to be served: `Cancel-After` and `Operation-Priority`.

The second is not called Priority, for browsers send a header of that name with every request (RFC 9218), which means the answer.
"""

import math
import re
from typing import Annotated

from fastapi import Header
from starlette.requests import Request

from services.core.commands import Terms
from services.core.errors import InvalidArgument
from services.gateway.settings import GatewaySettings
from services.gateway.validation import quote

CANCEL_AFTER = "Cancel-After"
PRIORITY = "Operation-Priority"
SHORTEST_SECONDS, LONGEST_SECONDS = 0.001, 30 * 24 * 3600
HIGHEST = 10

CancelAfter = Annotated[
    str | None,
    Header(alias=CANCEL_AFTER, description="Seconds from now after which the operation is asked to stop, if it has not ended."),
]
Priority = Annotated[
    str | None,
    Header(alias=PRIORITY, description="From -10 to 10; of your waiting operations a higher one starts first. 0 when left out."),
]

_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)s?", re.ASCII)
_INTEGER = re.compile(r"[+-]?\d{1,9}", re.ASCII)


def of(request: Request, settings: GatewaySettings) -> Terms:
    """What the headers say. Raises InvalidArgument BAD_SECONDS, OUT_OF_RANGE, WRONG_TYPE."""
    cancel_after, priority = _header(request, CANCEL_AFTER), _header(request, PRIORITY)
    return Terms(
        cancel_after=None if cancel_after is None else deadline(cancel_after, field=f"header.{CANCEL_AFTER}"),
        priority=0 if priority is None else rank(priority, field=f"header.{PRIORITY}"),
        most_queued=settings.max_queued_per_user,
    )


def deadline(value: object, *, field: str) -> float:
    """Seconds after which an operation is asked to stop. Raises InvalidArgument."""
    found = seconds(value, field=field)
    if not SHORTEST_SECONDS <= found <= LONGEST_SECONDS:
        raise InvalidArgument("OUT_OF_RANGE", field=field, low=SHORTEST_SECONDS, high=LONGEST_SECONDS, found=quote(value))
    return found


def rank(value: object, *, field: str) -> int:
    """A priority. Raises InvalidArgument."""
    if not _INTEGER.fullmatch(str(value)):
        raise InvalidArgument("WRONG_TYPE", field=field, expected="integer", found=quote(value))
    if abs(int(str(value))) > HIGHEST:
        raise InvalidArgument("OUT_OF_RANGE", field=field, low=-HIGHEST, high=HIGHEST, found=quote(value))
    return int(str(value))


def seconds(value: object, *, field: str) -> float:
    """Seconds as a number, or in words like `10`, `1.5` or `10s`. Raises InvalidArgument BAD_SECONDS."""
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0:
        return float(value)
    match = _SECONDS.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise InvalidArgument("BAD_SECONDS", field=field, found=quote(value))
    return float(match[1])


def _header(request: Request, name: str) -> str | None:
    """The one header of this name; doubled ones are read as what they are joined to, which is no number."""
    values = request.headers.getlist(name)
    return ", ".join(values) if values else None
