"""UUIDv7 (RFC 9562, 5.7): ids that sort by the time at which they were made."""

import secrets
import time
from collections.abc import Callable
from uuid import UUID

_COUNTER_BITS = 12
_NOISE_BITS = 62


class Uuid7:
    """Makes UUIDv7s. One instance's ids grow strictly, also within a millisecond and when the clock steps back.

    The twelve bits after the time hold a counter that starts at random in its lower half (RFC 9562, 6.2, method 1); when
    it overflows, the time is taken a millisecond ahead.
    """

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> UUID:
        start, noise = divmod(secrets.randbits(_COUNTER_BITS - 1 + _NOISE_BITS), 1 << _NOISE_BITS)
        fresh = (self._clock() // 1_000_000) << _COUNTER_BITS | start
        self._last = max(fresh, self._last + 1)
        milliseconds, counter = divmod(self._last, 1 << _COUNTER_BITS)
        return UUID(int=milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << _NOISE_BITS | noise)
