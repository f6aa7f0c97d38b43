"""A typeface of many scripts: one font, and those that stand in for what it lacks. Text is never shown as empty boxes.

Shaping is left to HarfBuzz and FriBidi, which libass and Pillow both hold. They get runs of one font each; libass puts the
runs of a line in order itself, for Pillow `visual` does (UAX #9, decided between runs alone).
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from services.model_service.engines.film.glyphs import Face

_ZERO_WIDTH_JOINER = "\u200d"
_JOINERS = frozenset("\u200c\u200d")
_AS_EMOJI = "\ufe0f"
_TAKEN_ALONG = frozenset({"L", "EN", "NSM"})
"""Directions of what belongs to a text that is read from left to right: its letters, their marks, and numbers behind them."""
_NUMBER_OR_SIGN = re.compile(r"\d(?:[\d.,:/]*\d)?|.", re.DOTALL)
_MIRRORED = str.maketrans("()[]{}<>«»‹›", ")(][}{><»«›‹")


class Shown(NamedTuple):
    """Text that a typeface can draw, and the characters that had to be left out of it, each once, in order."""

    text: str
    dropped: str


@dataclass(frozen=True, slots=True)
class Run:
    """Text to be drawn with one font."""

    text: str
    face: Face


class Typeface:
    """`main`, and the fonts that stand in for it, the first that will do.

    In a word of `joined`, letters are joined, stacked or read from the right: it cannot be taken apart. `emoji` is asked first for
    what is to be an emoji.
    """

    def __init__(self, main: Face, *others: Face, joined: Sequence[Face] = (), emoji: Face | None = None) -> None:
        self.main = main
        self.joined = frozenset(joined)
        self._emoji = emoji
        self._faces = (main, *others, *joined, *([emoji] if emoji else []))

    def check(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when a font is not there."""
        for face in self._faces:
            face.check()

    def shown(self, text: str) -> Shown:
        """`text` composed (NFC), without what no font has.

        A letter that no font has is replaced by the plain form that Unicode gives for it (full-width digits, ligatures,
        presentation forms) or, without its accents, by its base; what is left is dropped. What has no look of its own (joiners,
        variation selectors, controls) goes unmentioned, and is kept where a script needs it.
        """
        kept: list[str] = []
        dropped: dict[str, None] = {}
        for cluster in clusters(unicodedata.normalize("NFC", text)):
            if cluster == "\n":
                kept.append(cluster)
            elif cluster.isspace():
                kept.append(" ")
            elif face := self._face(cluster):
                kept.append("".join(c for c in cluster if not _invisible(c) or self._needed(c, face)))
            else:
                kept.append(self._pieces(cluster, dropped))
        lines = (" ".join(line.split()) for line in "".join(kept).split("\n"))
        return Shown("\n".join(line for line in lines if line), "".join(dropped))

    def runs(self, line: str) -> list[Run]:
        """A line that is `shown`, as runs in the order in which they are read."""
        chosen = self._chosen(line)
        return [Run("".join(text for text, _ in group), face) for face, group in groupby(chosen, key=lambda piece: piece[1])]

    def _face(self, cluster: str) -> Face | None:
        """The font that draws the whole cluster."""
        visible = [c for c in cluster if not _invisible(c)]
        faces = (self._emoji, *self._faces) if self._emoji and _AS_EMOJI in cluster else self._faces
        return next((face for face in faces if all(c in face for c in visible)), None) if visible else None

    def _needed(self, character: str, face: Face) -> bool:
        """Whether what has no look changes the look of its neighbours in this font."""
        return face is not self.main and character in face and (character in _JOINERS or face is self._emoji)

    def _pieces(self, cluster: str, dropped: dict[str, None]) -> str:
        """What can be shown of a cluster that no font has as a whole; notes the rest."""
        kept = ""
        face: Face | None = None
        for character in cluster:
            if _invisible(character):
                continue
            if _is_mark(character):
                # On the letter of another font, it would stand over a dotted circle.
                drawn = character if face is not None and character in face else ""
            else:
                face = self._face(character)
                drawn = character if face else self._plain(character)
            kept += drawn
            if not drawn:
                dropped[character] = None
        return kept

    def _plain(self, character: str) -> str:
        decomposed = unicodedata.normalize("NFKD", character)
        if decomposed == character:
            return ""
        composed = unicodedata.normalize("NFKC", character)
        for candidate in (composed, "".join(c for c in decomposed if not unicodedata.combining(c))):
            if candidate and all(c in self.main and not _invisible(c) for c in candidate):
                return candidate
        return ""

    def _chosen(self, line: str) -> list[tuple[str, Face]]:
        """Every cluster and its font; one font a word where one has it all."""
        pieces = [(cluster, self._face(cluster) or self.main) for cluster in clusters(line)]
        begin = 0
        for end in range(len(pieces) + 1):
            if end == len(pieces) or pieces[end][0].isspace():
                pieces[begin:end] = self._one_face(pieces[begin:end])
                begin = end + 1
        for number in range(1, len(pieces) - 1):
            (_, before), (text, _), (_, after) = pieces[number - 1 : number + 2]
            if text == " " and before is after and text in before:
                pieces[number] = text, before
        return pieces

    def _one_face(self, word: list[tuple[str, Face]]) -> list[tuple[str, Face]]:
        others = {face for _, face in word} - {self.main, self._emoji}
        if len(others) != 1:
            return word
        (face,) = others
        if all(own is face or (own is self.main and all(c in face for c in text)) for text, own in word):
            return [(text, face) for text, _ in word]
        return word


def clusters(text: str) -> Iterator[str]:
    """Characters with what is joined to them: marks, selectors, skin tones, joined emoji, pairs that make a flag.

    Close to the grapheme clusters of UAX #29; Hangul is expected composed.
    """
    held = ""
    for c in text:
        joined = _is_mark(c) or c in _JOINERS or "\ufe00" <= c <= _AS_EMOJI or "\U0001f3fb" <= c <= "\U0001f3ff" or _is_tag(c)
        flag = len(held) == 1 and _is_regional(held) and _is_regional(c)
        if held and not held.isspace() and (joined or flag or held[-1] == _ZERO_WIDTH_JOINER):
            held += c
            continue
        if held:
            yield held
        held = c
    if held:
        yield held


def visual(runs: list[Run]) -> list[Run]:
    """Runs in the order of reading as they stand from left to right."""
    text = "".join(run.text for run in runs)
    if not any(unicodedata.bidirectional(c) in ("R", "AL") for c in text):
        return runs
    base = 1 if is_leftward(text) else 0
    parts = [part for run in runs for part in _parted(run)]
    levels: list[int] = []
    for number, part in enumerate(parts):
        rightward = _is_rightward(part.text)
        if rightward is None:  # what has no direction takes its neighbours', where they agree (rules N1 and N2)
            sides = [_is_rightward(other.text) for other in (*parts[:number][-1:], *parts[number + 1 :][:1])]
            rightward = sides[0] if len(sides) == 2 and sides[0] == sides[1] else not base
            levels.append(2 * base if rightward else 1)
            if not rightward:
                parts[number] = Run(_reversed(part.text), part.face)
        else:
            levels.append(2 * base if rightward else 1)
    placed = list(zip(levels, parts, strict=True))
    for level in (2, 1):  # rule L2
        placed = [
            item
            for above, group in groupby(placed, key=lambda item: item[0] >= level)
            for item in (reversed(list(group)) if above else group)
        ]
    return [part for _, part in placed]


def _parted(run: Run) -> Iterator[Run]:
    """A run read from left to right, apart from what has no direction before and behind it."""
    if not _is_rightward(run.text):
        yield run
        return
    strong = [number for number, c in enumerate(run.text) if unicodedata.bidirectional(c) in _TAKEN_ALONG]
    first = next(number for number in strong if unicodedata.bidirectional(run.text[number]) == "L")
    for text in (run.text[:first], run.text[first : strong[-1] + 1], run.text[strong[-1] + 1 :]):
        if text:
            yield Run(text, run.face)


def _reversed(text: str) -> str:
    """Punctuation and numbers as they stand among words that are read from right to left."""
    return "".join(reversed(_NUMBER_OR_SIGN.findall(text))).translate(_MIRRORED)


def is_leftward(line: str) -> bool:
    """Whether a line is read from right to left: its first letter that has a direction says it."""
    return _is_rightward(line) is False


def _is_rightward(text: str) -> bool | None:
    """By the first character that has a direction; None where none has."""
    for character in text:
        direction = unicodedata.bidirectional(character)
        if direction in ("L", "R", "AL"):
            return direction == "L"
    return None


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M") and not "\ufe00" <= character <= _AS_EMOJI


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _is_tag(character: str) -> bool:
    return "\U000e0020" <= character <= "\U000e007f"


def _invisible(character: str) -> bool:
    return (
        unicodedata.category(character) in ("Cc", "Cf", "Cs")
        or "\ufe00" <= character <= _AS_EMOJI
        or ("\U000e0000" <= character <= "\U000e0fff")
    )
