"""How long to wait before asking a peer again."""

import random

_FIRST, _LONGEST = 0.5, 20.0


def delay(attempt: int, asked: float | None, chance: random.Random) -> float:
    """Seconds to wait after the `attempt`-th attempt (from 1): what the peer `asked` for, otherwise exponential with full jitter.

    Jitter after M. Brooker, "Exponential Backoff And Jitter", 2015.
    """
    return asked if asked is not None else chance.uniform(0, min(_LONGEST, _FIRST * 2**attempt))
