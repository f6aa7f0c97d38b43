"""A story in pieces: chapters that fit a model's window, and the beats that shots tell. No word is left out."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.core.model import Language
from services.model_service.engines.storyboard import pace, partition, segmentation

_LONGEST_HEADING = 40
_CHAPTER = re.compile(r"第[〇零一二三四五六七八九十百千\d]{1,6}[章回节卷部]|(?:chapter|part|book)\s+[\divxlc]+\b", re.IGNORECASE)
_CLAUSE = re.compile(r"(?<=[，；：、,;:—])")
_FEWEST, _MOST = 5, 47
"""Shots of a story that tells a thing or two, and of the longest."""
_SECONDS_A_SHOT = 5.8
_UNHURRIED = 180.0
"""Seconds of narration beyond which a longer story makes a longer film, but not in proportion."""
_SHOTS_A_DOUBLING = 4.0

Measure = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Unit:
    """A piece of a story that is never parted: `rank` says what begins with it (3 chapter, 2 paragraph, 1 sentence, 0 clause)."""

    text: str
    rank: int
    heading: bool = False


def units(story: str, language: Language, *, tokens: Measure, room: int) -> list[Unit]:
    """The sentences of a story as `segmentation.plain` gives it, each at most `room` tokens long."""
    found = []
    for sentence in segmentation.sentences(story, language):
        heading = sentence.opens and (sentence.heading or _is_heading(sentence, story))
        rank = 3 if heading else 2 if sentence.opens else 1
        pieces = [sentence.text] if tokens(sentence.text) < room else _broken(sentence.text, tokens, room - 1)
        found += [Unit(piece, rank if i == 0 else 0, heading) for i, piece in enumerate(pieces)]
    return found


def chapters(story: Sequence[Unit], *, tokens: Measure, room: int, at_least: int = 1) -> list[list[Unit]]:
    """The story in runs of at most `room` tokens, about equally long: cut between chapters, else paragraphs, else sentences."""
    sizes = [tokens(unit.text) + 1 for unit in story]
    wanted = max(at_least, math.ceil(sum(sizes) / room))
    limit = min(room, max(int(sum(sizes) / wanted * 1.2), *sizes))
    runs, start = [], 0
    while start < len(story):
        end, size = start, 0
        while end < len(story) and (end == start or size + sizes[end] <= limit):
            size += sizes[end]
            end += 1
        if end < len(story):
            half = start + max((end - start) // 2, 1)
            end = max(range(half, end + 1), key=lambda i: (story[i].rank, i))
        runs.append(list(story[start:end]))
        start = end
    return runs


def written(run: Sequence[Unit], language: Language) -> str:
    """The units as text again: a paragraph a line, a heading a line that begins with `#`."""
    gap = "" if language is Language.ZH else " "
    parts = []
    for i, unit in enumerate(run):
        begins = "\n" if unit.rank >= 2 or run[i - 1].heading else gap
        parts.append((begins if i else "") + ("# " if unit.heading else "") + unit.text)
    return "".join(parts)


def narrated(beat: str) -> str:
    """A beat as a narrator tells it: on one line, without its headings."""
    return " ".join(line for line in beat.split("\n") if not line.startswith("# "))


def beats(story: Sequence[Unit], count: int, language: Language) -> list[str]:
    """The story in exactly `count` consecutive beats of about one length; empty when it has fewer clauses than that."""
    pieces = list(story)
    if sum(not piece.heading for piece in pieces) < count:
        pieces = [
            Unit(clause, unit.rank if i == 0 else 0, unit.heading)
            for unit in story
            for i, clause in enumerate(_told(_CLAUSE.split(unit.text)))
        ]
    if sum(not piece.heading for piece in pieces) < count:
        return []
    lengths = [0.05 if piece.heading else max(pace.spoken(piece.text), 0.05) for piece in pieces]
    turns = [(0.0, 0.3, 1.0, 2.0)[piece.rank] for piece in pieces]
    row = partition.Units(lengths, turns, [piece.rank > 0 for piece in pieces])
    ideal = sum(lengths) / count
    return [written(pieces[a:b], language) for a, b in partition.cut(row, ideal=ideal, most=2 * ideal, runs=count)]


def fitting(text: str) -> int:
    """Shots of a story that does not say how many it wants."""
    length = pace.spoken(text)
    doublings = math.log2(max(length / _UNHURRIED, 1.0))
    return max(_FEWEST, min(_MOST, round(min(length, _UNHURRIED) / _SECONDS_A_SHOT + _SHOTS_A_DOUBLING * doublings)))


def shared(weights: Sequence[float], count: int) -> list[int]:
    """`count` shots shared out by weight, at least one each (largest remainders); at most as many weights as shots."""
    spare = count - len(weights)
    total = sum(weights) or 1.0
    exact = [spare * weight / total for weight in weights]
    shares = [int(part) for part in exact]
    order = sorted(range(len(weights)), key=lambda i: (shares[i] - exact[i], i))
    for i in order[: spare - sum(shares)]:
        shares[i] += 1
    return [share + 1 for share in shares]


def gathered(weights: Sequence[float], count: int) -> list[tuple[int, int]]:
    """Neighbours gathered into at most `count` runs of about equal weight: spans that together are all of them."""
    if len(weights) <= count:
        return [(i, i + 1) for i in range(len(weights))]
    row = partition.Units([max(w, 0.05) for w in weights], [0.0] * len(weights), [True] * len(weights))
    ideal = sum(weights) / count or 1.0
    return partition.cut(row, ideal=max(ideal, 0.01), most=2 * max(ideal, 0.01), runs=count)


def _is_heading(sentence: segmentation.Sentence, story: str) -> bool:
    """Whether a sentence is a line of its own that names what follows: `Chapter 2`, or a short line without an end."""
    is_line = story[sentence.end : sentence.end + 1] == "\n"
    is_short = is_line and len(sentence.text) <= _LONGEST_HEADING and sentence.text[-1].isalnum()
    return is_short or bool(is_line and _CHAPTER.match(sentence.text))


def _broken(sentence: str, tokens: Measure, room: int) -> list[str]:
    """A sentence without end in pieces that fit: cut after clauses or words, else anywhere."""
    pieces: list[str] = []
    atoms = [atom for clause in _CLAUSE.split(sentence) for atom in _atoms(clause, tokens, room)]
    held, size = "", 0
    for atom in atoms:
        length = tokens(atom)
        if held and size + length > room:
            pieces.append(held)
            held, size = "", 0
        held += atom
        size += length
    return [*pieces, held]


def _atoms(clause: str, tokens: Measure, room: int) -> list[str]:
    if tokens(clause) <= room:
        return [clause]
    step = max(room // 4, 1)
    words = re.findall(r"\S+\s*", clause)
    return [word[i : i + step] for word in words for i in range(0, len(word), step)]


def _told(clauses: Sequence[str]) -> list[str]:
    """Clauses with something to say; what has not goes with the one before it."""
    told: list[str] = []
    for clause in clauses:
        if told and not any(c.isalnum() for c in clause):
            told[-1] += clause
        elif clause:
            told.append(clause)
    return told
