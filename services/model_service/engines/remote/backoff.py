"""How long to wait before asking a peer again."""

import random
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_FIRST, _LONGEST = 0.5, 20.0


def delay(attempt: int, asked: float | None, chance: random.Random) -> float:
    """Seconds to wait after the `attempt`-th attempt (from 1): what the peer `asked` for, otherwise exponential with full jitter.

    Jitter after M. Brooker, "Exponential Backoff And Jitter", 2015.
    """
    return asked if asked is not None else chance.uniform(0, min(_LONGEST, _FIRST * 2**attempt))


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds from a Retry-After header (RFC 9110, 10.2.3: seconds or a date); None when there is none, or it says nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max((at - (now or datetime.now(UTC))).total_seconds(), 0.0)
