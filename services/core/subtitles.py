"""Subtitles from spoken words: which words stand together, on which line, from when to when.

At most two lines a cue, each at most `LINE_WIDTH` columns, about equally long. A cue ends where the speaker breathes: at the
end of a sentence if it can, else of a clause. A line of Chinese never begins with closing punctuation and never ends with an
opening bracket or quote (the rules called kinsoku). No word is lost, repeated or moved.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.core.requests import Cue, FilmRequest

LINE_WIDTH = 40
"""Widest line, in half-width columns: twenty Chinese characters, which fill nine tenths of an upright frame."""

LINGER = 0.25
"""Seconds that a cue stays after its last word, where the next one leaves room."""
SHORTEST = 1.0
"""Seconds that a cue stays at least, where the next one leaves room."""
LONGEST = 7.0
"""Seconds beyond which a cue is rather divided."""

_SENTENCE_ENDS = frozenset("。！？!?.…")
_CLAUSE_ENDS = frozenset("，、；：,;:—–")
_OPENING = frozenset("“‘（《〈「『【〔［｛([{«¿¡")
_NEVER_LAST = _OPENING | {"\u200d"}
"""Opening punctuation, and what joins two emoji to one."""
_CLOSING = frozenset("”’）》〉」』】〕］｝)]}»\"'")
_ABBREVIATIONS = frozenset({"mr.", "mrs.", "ms.", "dr.", "st.", "prof.", "jr.", "sr.", "vs.", "e.g.", "i.e."})


@dataclass(frozen=True, slots=True)
class _Word:
    """Text that stays on one line, and when it is spoken. `space` says whether one comes before it within a line."""

    text: str
    start: float
    end: float
    space: bool = False
    width: int = 0


def columns(text: str) -> int:
    """Width of `text` in half-width columns. Dashes, ellipses and curly quotes are as wide as a Chinese font draws them; marks
    and joiners have no width.
    """
    return sum(0 if _is_joined(c) else 2 if unicodedata.east_asian_width(c) in "WFA" else 1 for c in text)


def cues(words: Sequence[Sequence[Any]], *, offset: float = 0.0) -> tuple[Cue, ...]:
    """Cues for `[text, start, end]` words, `offset` seconds later than spoken; in order, never overlapping."""
    atoms = _atoms(words)
    groups = _groups(atoms)
    shown = []
    for number, group in enumerate(groups):
        start = group[0].start
        end = max(group[-1].end + LINGER, start + SHORTEST)
        if number + 1 < len(groups):
            end = max(start, min(end, groups[number + 1][0].start))
        text = "\n".join(_join(line) for line in _lines(group))
        shown.append(Cue(text, round(start + offset, 3), round(end + offset, 3)))
    return tuple(shown)


def breakable(text: str) -> list[str]:
    """The smallest pieces of one line of text between which it may be broken: words of letters with their space, characters of
    Chinese with their punctuation. Joined, they are the text again.
    """
    return [piece for word in re.findall(r"\S+\s*|\s+", text) for piece in _units(word)]


def of_film(request: FilmRequest) -> Iterator[Cue]:
    """The cues of all lines, their times counted from the film's start."""
    for line in request.lines:
        at = line.start / request.fps
        yield from (replace(cue, start=cue.start + at, end=cue.end + at) for cue in line.cues)


def srt(shown: Iterable[Cue]) -> str:
    """SubRip text of cues whose times count from the film's start."""
    blocks = (
        f"{number}\n{_clock(cue.start, ',')} --> {_clock(cue.end, ',')}\n{cue.text}\n" for number, cue in enumerate(shown, start=1)
    )
    return "\n".join(blocks)


def vtt(shown: Iterable[Cue]) -> str:
    """WebVTT text of cues whose times count from the film's start."""
    blocks = ["WEBVTT\n"]
    for cue in shown:
        text = cue.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        blocks.append(f"{_clock(cue.start, '.')} --> {_clock(cue.end, '.')}\n{text}\n")
    return "\n".join(blocks)


def _clock(seconds: float, mark: str) -> str:
    milliseconds = max(round(seconds * 1000), 0)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{milliseconds // 1000:02d}{mark}{milliseconds % 1000:03d}"


# -- words to atoms ------------------------------------------------------------------------------------------------------------


def _atoms(words: Sequence[Sequence[Any]]) -> list[_Word]:
    """The words in an order of time that never goes back: stray punctuation attached where it belongs, giants cut up."""
    tidy: list[tuple[str, float, float]] = []
    waiting, since = "", 0.0  # opening punctuation, for the word after it
    clock = 0.0
    for raw, began, ended in words:
        clock = max(float(began), clock)
        for piece, from_, until in _shared(str(raw).split(), clock, max(float(ended), clock)):
            text, start = (waiting + piece, since) if waiting else (piece, from_)
            waiting = ""
            if all(c in _OPENING for c in text):
                waiting, since = text, start
            elif tidy and not any(c.isalnum() for c in text) and text[0] not in _OPENING:
                tidy[-1] = (tidy[-1][0] + text, tidy[-1][1], max(until, tidy[-1][2]))
            else:
                tidy.append((text, start, until))
    if waiting:
        tidy.append((waiting, since, clock))
    return [
        atom for number, word in enumerate(tidy) for atom in _cut(*word, space=number > 0 and _spaced(tidy[number - 1][0], word[0]))
    ]


def _cut(text: str, start: float, end: float, *, space: bool) -> list[_Word]:
    """The word itself, or, where it is wider than a line, pieces that are not; its time shared out by width."""
    total = columns(text)
    if total <= LINE_WIDTH:
        return [_Word(text, start, end, space, total)]
    pieces: list[str] = []
    for unit in _units(text):
        if pieces and columns(pieces[-1] + unit) <= LINE_WIDTH // 2:
            pieces[-1] += unit
        else:
            pieces.append(unit)
    return [
        _Word(piece, from_, until, space and number == 0, columns(piece))
        for number, (piece, from_, until) in enumerate(_shared(pieces, start, end))
    ]


def _shared(pieces: Sequence[str], start: float, end: float) -> Iterator[tuple[str, float, float]]:
    """The pieces one after another, the time from `start` to `end` shared out by width."""
    total = sum(columns(piece) for piece in pieces) or 1
    for piece in pieces:
        until = start + (end - start) * columns(piece) / total
        yield piece, start, until
        start, total = until, max(total - columns(piece), 1)


def _units(text: str) -> list[str]:
    """The smallest pieces of `text` that a line may begin and end with, none wider than half a line."""
    units: list[str] = []
    for c in text:
        before = units[-1][-1] if units else ""
        glued = bool(units) and (_never_first(c) or before in _NEVER_LAST or not (_is_wide(c) or _is_wide(before)))
        if glued and columns(units[-1] + c) <= LINE_WIDTH // 2:
            units[-1] += c
        else:
            units.append(c)
    return units


def _never_first(c: str) -> bool:
    return c in _CLOSING or c in _SENTENCE_ENDS or c in _CLAUSE_ENDS or _is_joined(c) or "\U0001f3fb" <= c <= "\U0001f3ff"


def _is_joined(c: str) -> bool:
    """Whether it has no width of its own: marks above, below and around a letter, joiners, selectors."""
    return unicodedata.category(c) in ("Mn", "Me", "Cf")


def _is_wide(c: str) -> bool:
    return unicodedata.east_asian_width(c) in "WF"


# -- atoms to cues -------------------------------------------------------------------------------------------------------------


def _groups(atoms: Sequence[_Word]) -> list[list[_Word]]:
    """The atoms divided into cues at the least total cost (a shortest path over the places where a cue may end)."""
    best = [0.0] + [float("inf")] * len(atoms)
    came = [0] * (len(atoms) + 1)
    for begin in range(len(atoms)):
        strayed = 0.0  # cost of the sentence ends that the cue runs across
        for end in range(begin + 1, len(atoms) + 1):
            group = atoms[begin:end]
            if end - begin > 1 and not _fits(group):
                break
            after = atoms[end] if end < len(atoms) else None
            cost = best[begin] + 2.0 + strayed + _break_cost(group[-1], after) + _length_cost(group, after)
            if cost < best[end]:
                best[end], came[end] = cost, begin
            if _ends_sentence(group[-1].text):
                strayed += 2.5
    groups = []
    end = len(atoms)
    while end > 0:
        groups.append(list(atoms[came[end] : end]))
        end = came[end]
    return groups[::-1]


def _fits(group: Sequence[_Word]) -> bool:
    width = _width(group)
    return width <= LINE_WIDTH or (width <= 2 * LINE_WIDTH and _split(group) is not None)


def _break_cost(last: _Word, after: _Word | None) -> float:
    """What it costs to end a cue between these two."""
    if after is None or _ends_sentence(last.text):
        return 0.0
    pause = min(max(after.start - last.end, 0.0), 0.5)
    return (1.0 if _bare_end(last.text) in _CLAUSE_ENDS else 8.0) - 2.0 * pause


def _length_cost(group: Sequence[_Word], after: _Word | None) -> float:
    """Too short to read, or too long to stay."""
    end = max(group[-1].end + LINGER, group[0].start + SHORTEST)
    shown = (min(end, after.start) if after else end) - group[0].start
    return 6.0 * max(SHORTEST - shown, 0.0) / SHORTEST + 0.8 * max(shown - LONGEST, 0.0)


def _ends_sentence(text: str) -> bool:
    return _bare_end(text) in _SENTENCE_ENDS and text.lower() not in _ABBREVIATIONS


def _bare_end(text: str) -> str:
    """The last character before closing brackets and quotes; empty if there is none."""
    return text.rstrip("".join(_CLOSING))[-1:]


# -- cues to lines -------------------------------------------------------------------------------------------------------------


def _lines(group: Sequence[_Word]) -> list[Sequence[_Word]]:
    if _width(group) <= LINE_WIDTH:
        return [group]
    place = _split(group)
    return [group] if place is None else [group[:place], group[place:]]


def _split(group: Sequence[_Word]) -> int | None:
    """Where the second line begins so that both are about equally long, rather after punctuation; None if no place will do."""
    chosen, least = None, float("inf")
    first, total = 0, _width(group)
    for place in range(1, len(group)):
        first += group[place - 1].width + (group[place - 1].space and place > 1)
        second = total - first - group[place].space
        if first > LINE_WIDTH or second > LINE_WIDTH or group[place - 1].text[-1] in _OPENING:
            continue
        mark = _bare_end(group[place - 1].text)
        cost = abs(first - second) - (LINE_WIDTH / 4 if mark in _SENTENCE_ENDS or mark in _CLAUSE_ENDS else 0)
        if cost < least:
            chosen, least = place, cost
    return chosen


def _join(line: Sequence[_Word]) -> str:
    return "".join(" " * (word.space and number > 0) + word.text for number, word in enumerate(line))


def _width(line: Sequence[_Word]) -> int:
    return sum(word.width + word.space for word in line) - line[0].space


def _spaced(before: str, after: str) -> bool:
    """Whether a space stands between the two: between words of letters, never beside Chinese."""
    last = next((c for c in reversed(before) if c.isalnum()), before[-1:])
    first = next((c for c in after if c.isalnum()), after[:1])
    return not (_is_wide(last) or _is_wide(first))
