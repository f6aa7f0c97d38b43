"""Whether a failed attempt is tried again, and when: a pure function of the error and of what went before."""

import random
from dataclasses import dataclass

from services.core.errors import ResourceExhausted, StoryreelError
from services.core.model import Failure

AWAY = frozenset(
    {
        "MODEL_UNAVAILABLE",
        "MODEL_BUSY",
        "ENGINE_CHANGED",
        "STORAGE_FULL",
        "STORAGE_UNAVAILABLE",
        "DATABASE_UNAVAILABLE",
        "BROKER_UNAVAILABLE",
        "NOT_READY",
    }
)
"""Reasons by which a part that we stand on says that it is away, starting or full. It comes back, or somebody mends it:
an operation waits for that in patience, and spends none of its attempts on it."""


QUEUE_FULL_SECONDS = 5.0
"""After so long a caller whose queue is full may ask again: places become free one by one."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`base` and `cap` bound the wait before a retry; `patience` is how long an operation outlasts an outage. All in seconds."""

    base: float
    cap: float
    patience: float


def counts(failure: Failure | None) -> bool:
    """Whether an attempt that ends like this is one of the few that an operation has: an outage is not, nor a drain."""
    return failure is not None and failure.reason not in AWAY


def queue_full(most: int) -> ResourceExhausted:
    """What is answered to an owner who has `most` operations queued already."""
    return ResourceExhausted("QUEUE_FULL", retry_after=QUEUE_FULL_SECONDS, limit=most)


def retry_delay(error: StoryreelError, *, failures: int, most: int, retries: int, age: float, policy: RetryPolicy) -> float | None:
    """Seconds to wait before the next attempt, or None when there shall be none.

    `failures` attempts have counted as failed before this one, of at most `most` that are made; `retries` counts all attempts
    after the first; the operation started `age` seconds ago. The wait is chosen with full jitter below an exponential ceiling
    (Brooker, "Exponential Backoff And Jitter", 2015), and is never shorter than what the error asks for.
    """
    if not error.retryable:
        return None
    if error.reason in AWAY:
        if age > policy.patience:
            return None
    elif failures + 1 >= most:
        return None
    ceiling = min(policy.cap, policy.base * 2.0 ** min(retries, 20))
    return max(error.retry_after or 0.0, random.uniform(0, ceiling))
