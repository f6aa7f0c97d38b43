"""Where a story is cut: how many shots it wants, which clauses each one tells, and what part each plays."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from services.model_service.engines.storyboard import partition
from services.model_service.engines.storyboard.pace import IDEAL, LIMIT, spoken
from services.model_service.engines.storyboard.reading import Moment, Story

FEWEST = 3
"""Shots of a story that does not say how many it wants."""
_ARC = 5
"""Shots of a story that tells one thing or two: from afar, nearer, near, a detail, and out again."""

TOLD_WHOLE = 90.0
"""Seconds of narration up to which every word is told; of a longer story the narrator tells the most telling lines."""

_UNHURRIED = 180.0
"""Seconds of narration from which on more of it does not make the film longer in proportion."""
_SECONDS_A_SHOT = 5.8
_SHOTS_A_DOUBLING = 4.0
MOST = 47
"""Shots of the longest story: about five minutes."""


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


def plan(story: Story, wanted: int | None) -> list[Passage]:
    """Exactly `wanted` passages, or a fitting number of them, from the story's beginning to its end, cut at its turns."""
    length = spoken("".join(m.text + " " for m in story.moments))
    if wanted is None and len(story.moments) <= 2:
        wanted = _ARC
    elif wanted is None and length > TOLD_WHOLE:
        wanted = _fitting(length)
    units = _sentences(story)
    units = _sayable(units, LIMIT[story.language]) if wanted is None else _finer(units, wanted)
    if wanted is None and len(units) < FEWEST:
        units = _finer(units, wanted := FEWEST)
    if wanted is not None and len(units) < wanted:
        return _covered(units, wanted)
    groups = _cut(units, wanted, story)
    return _cut_again(groups, units, story) if len(groups) < FEWEST and wanted is None else groups


def _fitting(length: float) -> int:
    """Shots for a narration of so many seconds that is not told whole."""
    doublings = math.log2(max(length / _UNHURRIED, 1.0))
    return min(MOST, round(min(length, _UNHURRIED) / _SECONDS_A_SHOT + _SHOTS_A_DOUBLING * doublings))


def _cut(units: Sequence[tuple[Moment, ...]], wanted: int | None, story: Story) -> list[Passage]:
    texts = [" ".join(m.text for m in unit) for unit in units]
    lengths = [spoken(text) for text in texts]
    most = LIMIT[story.language] * sum(lengths) / max(sum(map(len, texts)), 1)
    ideal = IDEAL if wanted is None else sum(lengths) / wanted
    row = partition.Units(lengths, [unit[0].turn for unit in units], [_begins(units, i) for i in range(len(units))])
    spans = partition.cut(row, ideal=max(ideal, 0.01), most=max(most, 0.01), runs=wanted)
    return [Passage(tuple(m for unit in units[first:last] for m in unit)) for first, last in spans]


def _cut_again(groups: list[Passage], units: Sequence[tuple[Moment, ...]], story: Story) -> list[Passage]:
    return _cut(units, FEWEST, story) if len(units) >= FEWEST else groups


def _begins(units: Sequence[tuple[Moment, ...]], at: int) -> bool:
    return at == 0 or units[at - 1][-1].sentence != units[at][0].sentence


def _sentences(story: Story) -> list[tuple[Moment, ...]]:
    units: list[tuple[Moment, ...]] = []
    for moment in story.moments:
        if units and units[-1][0].sentence == moment.sentence:
            units[-1] = (*units[-1], moment)
        else:
            units.append((moment,))
    return units


def _sayable(units: Sequence[tuple[Moment, ...]], limit: int) -> list[tuple[Moment, ...]]:
    """The sentences; one that is too long to be said over one shot is cut between clauses until its parts are not."""
    parts: list[tuple[Moment, ...]] = []
    waiting = list(reversed(units))
    while waiting:
        unit = waiting.pop()
        starts = [i for i in range(1, len(unit)) if unit[i].phrase.beat or unit[i].spoken]
        if not starts or _length(unit) <= limit:
            parts.append(unit)
        else:
            middle = _middle(unit, starts)
            waiting += [unit[middle:], unit[:middle]]
    return parts


def _middle(unit: Sequence[Moment], starts: Iterable[int]) -> int:
    """Which of `starts` parts a unit best: near its middle, rather where something begins."""
    return min(starts, key=lambda i: (abs(_length(unit[:i]) * 2 - _length(unit)) - 12 * unit[i].turn, i))


def _finer(units: list[tuple[Moment, ...]], wanted: int) -> list[tuple[Moment, ...]]:
    """Split the longest units between clauses until there are enough or none can be split."""
    while len(units) < wanted:
        at = max((i for i, unit in enumerate(units) if len(unit) > 1), key=lambda i: (_length(units[i]), -i), default=None)
        if at is None:
            break
        unit = units[at]
        middle = _middle(unit, range(1, len(unit)))
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


def _length(unit: Sequence[Moment]) -> int:
    return sum(len(m.text) for m in unit)
