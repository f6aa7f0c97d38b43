"""Where a story is cut: how many shots it wants, which clauses each one tells, and what part each plays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import accumulate, pairwise

from services.model_service.engines.storyboard.narration import LIMIT
from services.model_service.engines.storyboard.reading import Moment, Story

FEWEST, MOST = 3, 12
"""Shots of a story that does not say how many it wants."""
_ARC = 5
"""Shots of a story that tells one thing or two: from afar, nearer, near, a detail, and out again."""

_SENTENCES_A_SHOT = 1.5
_FINEST = 160
"""Units that the best cut is sought among; a longer story's are joined first."""


class Part(StrEnum):
    """What a shot is for. A story that has fewer things to tell than shots is covered from several distances."""

    TELLING = "telling"
    ESTABLISHING = "establishing"
    MEDIUM = "medium"
    CLOSE = "close"
    DETAIL = "detail"
    WIDE = "wide"


_COVERAGE = (Part.ESTABLISHING, Part.MEDIUM, Part.CLOSE, Part.DETAIL, Part.WIDE)


@dataclass(frozen=True, slots=True)
class Passage:
    """What one shot tells: its clauses in order. A `silent` one looks again at what the shot before it told."""

    moments: tuple[Moment, ...]
    part: Part = Part.TELLING
    silent: bool = False

    @property
    def turn(self) -> float:
        return self.moments[0].turn


def shots_for(story: Story) -> int:
    """About one shot for one or two sentences; a few more where that lets the narrator say everything."""
    sentences = len({m.sentence for m in story.moments})
    if len(story.moments) <= 2:
        return _ARC
    limit = LIMIT[story.language]
    spoken = sum(len(m.text) for m in story.moments)
    fewest = max(FEWEST, min(MOST, max(round(sentences / _SENTENCES_A_SHOT), math.ceil(spoken / limit))))
    if spoken > limit * MOST:
        return fewest
    for count in range(fewest, min(MOST, fewest + 2) + 1):
        if all(_length(passage.moments) <= limit for passage in plan(story, count)):
            return count
    return fewest


def plan(story: Story, wanted: int) -> list[Passage]:
    """Exactly `wanted` passages from the story's beginning to its end, cut at its turns."""
    sentences: list[tuple[Moment, ...]] = []
    for moment in story.moments:
        if sentences and sentences[-1][0].sentence == moment.sentence:
            sentences[-1] = (*sentences[-1], moment)
        else:
            sentences.append((moment,))
    units = _finer(sentences, wanted)
    if len(units) < wanted:
        return _covered(units, wanted)
    return [
        Passage(tuple(m for unit in group for m in unit))
        for group in _grouped(_coarser(units, wanted), wanted, LIMIT[story.language])
    ]


def _finer(units: list[tuple[Moment, ...]], wanted: int) -> list[tuple[Moment, ...]]:
    """Split the longest units between clauses until there are enough or none can be split."""
    while len(units) < wanted:
        at = max((i for i, unit in enumerate(units) if len(unit) > 1), key=lambda i: (_length(units[i]), -i), default=None)
        if at is None:
            break
        unit = units[at]
        middle = min(range(1, len(unit)), key=lambda i: (abs(_length(unit[:i]) * 2 - _length(unit)) - 12 * unit[i].turn, i))
        units[at : at + 1] = [unit[:middle], unit[middle:]]
    return units


def _covered(units: Sequence[tuple[Moment, ...]], wanted: int) -> list[Passage]:
    """Each unit seen from several distances, so that all of them together move in from far and out again."""
    passages = []
    for i, unit in enumerate(units):
        first, last = i * wanted // len(units), (i + 1) * wanted // len(units)
        for number in range(first, last):
            if wanted == 1:
                part = Part.TELLING
            elif number == wanted - 1:
                part = Part.WIDE
            else:
                part = _COVERAGE[0] if number == 0 else _COVERAGE[1 + (number - 1) % 3]
            passages.append(Passage(unit, part, silent=number > first))
    return passages


def _coarser(units: list[tuple[Moment, ...]], wanted: int) -> list[tuple[Moment, ...]]:
    finest = max(_FINEST, wanted)
    if len(units) <= finest:
        return units
    edges = [i * len(units) // finest for i in range(finest + 1)]
    return [tuple(m for unit in units[a:b] for m in unit) for a, b in pairwise(edges)]


def _grouped(units: Sequence[tuple[Moment, ...]], wanted: int, limit: int) -> list[Sequence[tuple[Moment, ...]]]:
    """The cut with the least cost: even lengths that can be spoken, and shots that begin where the story turns."""
    lengths = [0]
    for unit in units:
        lengths.append(lengths[-1] + _length(unit))
    even = lengths[-1] / wanted
    turns = [unit[0].turn for unit in units]
    passed = list(accumulate((max(0.0, turn - 0.9) * 0.35 for turn in turns), initial=0.0))

    def cost(first: int, last: int) -> float:
        length = lengths[last] - lengths[first]
        missed = passed[last] - passed[first + 1]
        over = 2.0 + min((length - limit) / limit, 2.0) if length > limit else 0.0
        return ((length - even) / even) ** 2 + over + missed - (0.3 * min(turns[first], 3.0) if first else 0.0)

    count = len(units)
    best = [[math.inf] * (count + 1) for _ in range(wanted + 1)]
    origin = [[0] * (count + 1) for _ in range(wanted + 1)]
    costs = [[cost(a, b) if b > a else 0.0 for b in range(count + 1)] for a in range(count)]
    best[0][0] = 0.0
    for used in range(1, wanted + 1):
        for last in range(used, count - (wanted - used) + 1):
            for first in range(used - 1, last):
                total = best[used - 1][first] + costs[first][last]
                if total < best[used][last]:
                    best[used][last], origin[used][last] = total, first
    groups: list[Sequence[tuple[Moment, ...]]] = []
    last = count
    for used in range(wanted, 0, -1):
        first = origin[used][last]
        groups.append(units[first:last])
        last = first
    return groups[::-1]


def _length(unit: Sequence[Moment]) -> int:
    return sum(len(m.text) for m in unit)
