"""The cheapest way to cut a row of units into runs: a shortest path over the places where a run may end.

Linear in the number of units for runs of bounded length; the inner loops are numpy's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Row = NDArray[np.float64]

_NARROWEST = 12
_OVER = 3.0
"""What a run costs that is longer than can be said."""


@dataclass(frozen=True, slots=True)
class Units:
    """Of each unit: its length, how much begins anew with it (from 0), and whether a sentence begins with it."""

    lengths: Sequence[float]
    turns: Sequence[float]
    begins: Sequence[bool]


def cut(units: Units, *, ideal: float, most: float, runs: int | None = None) -> list[tuple[int, int]]:
    """Spans of the runs, in order, together all units: each about `ideal` long, rather not over `most`, beginning at turns.

    There are exactly `runs` of them, at most as many as there are units, or as many as cost least where that is None.
    """
    count = len(units.lengths)
    widest = min(count, _NARROWEST if runs is None else max(_NARROWEST, 4 * -(-count // runs)))
    costs = [_costs(units, size, ideal, most) for size in range(1, widest + 1)]
    return _free(costs, count) if runs is None else _counted(costs, count, runs)


def _costs(units: Units, size: int, ideal: float, most: float) -> Row:
    """For every end, from `size` on, what the run of `size` units before it costs."""
    ends = np.arange(size, len(units.lengths) + 1)
    starts = ends - size
    total = np.concatenate(([0.0], np.cumsum(units.lengths)))
    turns = np.asarray(units.turns, dtype=np.float64)
    passed = np.concatenate(([0.0], np.cumsum(np.maximum(0.0, turns - 0.9) * 0.35)))
    length = total[ends] - total[starts]
    cost: Row = ((length - ideal) / ideal) ** 2
    cost += np.where(length > most, _OVER + 4.0 * (length - most) / most, 0.0)
    cost += passed[ends] - passed[starts + 1]
    first = starts == 0
    cost -= np.where(first, 0.0, 0.3 * np.minimum(turns[starts], 3.0))
    cost += np.where(np.asarray(units.begins)[starts], 0.0, 0.35)
    return cost


def _free(costs: Sequence[Row], count: int) -> list[tuple[int, int]]:
    best, origin = [0.0], [0]
    for end in range(1, count + 1):
        ways = [(best[end - size] + cost[end - size], end - size) for size, cost in enumerate(costs, 1) if size <= end]
        least, start = min(ways)
        best.append(float(least))
        origin.append(start)
    spans = []
    while count:
        spans.append((origin[count], count))
        count = origin[count]
    return spans[::-1]


def _counted(costs: Sequence[Row], count: int, runs: int) -> list[tuple[int, int]]:
    best = np.full(count + 1, np.inf)
    best[0] = 0.0
    origins = []
    for _ in range(runs):
        after = np.full(count + 1, np.inf)
        origin = np.zeros(count + 1, dtype=np.int64)
        for size, cost in enumerate(costs, 1):
            total = best[: count + 1 - size] + cost
            better = total < after[size:]
            after[size:][better] = total[better]
            origin[size:][better] = np.flatnonzero(better)
        origins.append(origin)
        best = after
    spans = []
    end = count
    for origin in reversed(origins):
        spans.append((int(origin[end]), end))
        end = int(origin[end])
    return spans[::-1]
