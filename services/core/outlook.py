"""What an unfinished operation may expect, from what has been measured: the same sum for every store."""

from services.core.model import OperationStatus
from services.core.ports import Outlook

HISTORY = 25
"""How many of the latest successes of a type tell how long one takes: their median counts."""
LINE = 1_000
"""How far a queue is counted: a place further back is told as one more than this."""


def expected(
    status: OperationStatus, *, progress: float, position: int | None, running: int, median: float | None, delay: float
) -> Outlook:
    """The outlook of an operation in `status`.

    `position` is its place in its owner's queue and `running` how many of the owner's run now: those before it are taken to go
    through so many at once. `median` is what its type takes, `delay` how long a retry is still held back; both in seconds.
    """
    own = None if median is None else median * (1 - progress)
    match status:
        case OperationStatus.RUNNING:
            return Outlook(seconds=own)
        case OperationStatus.QUEUED:
            place = LINE + 1 if position is None else position
            if own is None or median is None:
                return Outlook(position=place)
            return Outlook(place, max(delay, (place - 1) / max(running, 1) * median) + own)
        case _:
            return Outlook()
