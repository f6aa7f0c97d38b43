"""A line as Kokoro reads it: every word with its phonemes, in breaths of one or a few sentences."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.model_service.engines.speech import abbreviations, numbers_en, numbers_zh, tokens
from services.model_service.engines.speech.chinese import Chinese
from services.model_service.engines.speech.english import English
from services.model_service.engines.speech.tokens import Kind, Piece

LONGEST_BREATH = 200
"""Phonemes that the model is given at once at most, about 12 s: it takes 510, but its memory grows with them."""
_COMFORTABLE = 70
"""Phonemes after which a sentence's end is taken as a place to breathe, about 4 s; much shorter lines sound worse."""

MARKS = frozenset(';:,.!?—…"()“” ')
"""What is written but not articulated in the model's alphabet; some of it makes pauses."""

_MARK_SOUNDS: Mapping[str, str] = {
    "，": ",", "、": ",", ",": ",", "。": ".", "．": ".", ".": ".", "！": "!", "!": "!", "？": "?", "?": "?", "；": ";", ";": ";",
    "：": ":", ":": ":", "…": "…", "—": "—", "–": "—", "“": "“", "”": "”", "「": "“", "」": "”", "『": "“", "』": "”", "《": "“",
    "》": "”", "【": "“", "】": "”", "（": "(", "）": ")", "(": "(", ")": ")", "-": " ", "/": " ", "_": " ",
}  # fmt: skip
_SYMBOLS_EN: Mapping[str, str] = {
    "&": "and", "+": "plus", "@": "at", "%": "percent", "=": "equals", "×": "times", "÷": "divided by", "№": "number",
}  # fmt: skip
_SYMBOLS_ZH: Mapping[str, str] = {"&": "和", "+": "加", "@": "艾特", "=": "等于", "×": "乘以", "÷": "除以"}
_MOST_LETTERS = 3
"""Capitals before a digit that are spelled: CO2, MP3."""


@dataclass(frozen=True, slots=True)
class Sounded:
    """A word as shown and as spoken, marks and all; `phonemes` is empty for what has no sound."""

    text: str
    phonemes: str

    @property
    def ends_sentence(self) -> bool:
        return self.phonemes.rstrip('”") ')[-1:] in {".", "!", "?", "…"}

    @property
    def ends_clause(self) -> bool:
        return self.phonemes.rstrip('”") ')[-1:] in {",", ";", ":", "—"}


class Reader:
    """Reads Chinese, English and the two mixed. Thread-safe."""

    def __init__(self, chinese: Chinese, english: English) -> None:
        self._chinese = chinese
        self._english = english

    def read(self, line: str) -> list[Sounded]:
        """The words of `line` in order. Numbers are read in the line's language: Chinese where it has a Chinese character."""
        words = tokens.words(line, self._chinese.segment)
        in_chinese = any(word.chinese for word in words)
        pieces = [(place, piece) for place in range(len(words)) for piece in _as_said(words, place)]
        sounds: list[list[str]] = [[] for _ in words]
        phrase: list[tuple[int, str]] = []  # English words waiting for what follows them
        for at, (place, piece) in enumerate(pieces):
            text = tokens.plain(piece.text)
            said = self._in_english(piece, text, words[place - 1].text if place else "", in_chinese=in_chinese)
            if said is not None:
                phrase += [(place, word) for word in said]
            elif piece.kind is not Kind.MARK or _MARK_SOUNDS.get(piece.text, "").strip() or text in _SYMBOLS_ZH:
                self._say(phrase, sounds)
                before = pieces[at - 1][1] if at else None
                after = pieces[at + 1][1] if at + 1 < len(pieces) else None
                sounds[place].append(self._sound(piece, text, _context(before), _context(after)))
        self._say(phrase, sounds)
        return [Sounded(word.text, _joined(parts)) for word, parts in zip(words, sounds, strict=True)]

    @staticmethod
    def _in_english(piece: Piece, text: str, before: str, *, in_chinese: bool) -> list[str] | None:
        """The English words of a piece; None for what is Chinese, or a mark."""
        if piece.kind is Kind.LATIN:
            return [text]
        if in_chinese:
            return None
        if piece.kind is Kind.NUMBER:
            return numbers_en.spoken(text, before).split()
        return _SYMBOLS_EN[text].split() if text in _SYMBOLS_EN else None

    def _sound(self, piece: Piece, text: str, before: str, after: str) -> str:
        match piece.kind:
            case Kind.HAN:
                return self._chinese.sound(piece.text, before, after)
            case Kind.NUMBER:
                return self._chinese.sound(numbers_zh.spoken(text, after, before))
            case _:
                return self._chinese.sound(_SYMBOLS_ZH[text]) if text in _SYMBOLS_ZH else _MARK_SOUNDS[piece.text]

    def _say(self, phrase: list[tuple[int, str]], sounds: list[list[str]]) -> None:
        """Let the English words that have gathered sound, now that their phrase is over."""
        said = self._english.sounds([word for _, word in phrase])
        for (place, _), phonemes in zip(phrase, said, strict=True):
            sounds[place].append(phonemes)
        phrase.clear()


def _context(piece: Piece | None) -> str:
    """What stands beside a Chinese word, for its reading: nothing beyond a mark."""
    return piece.text if piece is not None and piece.kind in (Kind.HAN, Kind.NUMBER) else ""


def _as_said(words: Sequence[tokens.Word], place: int) -> list[Piece]:
    """The pieces of a word, with abbreviations written out."""
    pieces = words[place].pieces
    first = next((at for at, piece in enumerate(pieces) if piece.kind is Kind.LATIN), None)
    if first is None:
        return pieces
    end = first
    while end < len(pieces) and (pieces[end].kind is Kind.LATIN or pieces[end].text == "."):
        end += 1
    text = "".join(piece.text for piece in pieces[first:end])
    before = _bare(words[place - 1].text) if place else ""
    after = _bare(words[place + 1].text) if place + 1 < len(words) else ""
    said = abbreviations.expanded(text, before, after)
    if said is None:
        numbered = end < len(pieces) and pieces[end].kind is Kind.NUMBER and end == first + 1
        if not (numbered and text.isupper() and len(text) <= _MOST_LETTERS):
            return pieces
        said = " ".join(text)
    spelled = [Piece(Kind.LATIN, word) for word in said.split()]
    stop = [Piece(Kind.MARK, ".")] if text.endswith(".") and abbreviations.keeps_its_stop(text, after) else []
    return [*pieces[:first], *spelled, *stop, *pieces[end:]]


def _bare(word: str) -> str:
    """A word without the marks around it."""
    return word.strip("".join(MARKS) + "'’‘,")


def breaths(words: list[Sounded]) -> list[list[Sounded]]:
    """The words in groups that are spoken in one go: whole sentences where they fit, else clauses, else as many words as fit."""
    groups: list[list[Sounded]] = []
    current: list[Sounded] = []
    size = 0
    for word in words:
        need = len(word.phonemes) + 1
        if current and size + need > LONGEST_BREATH:
            cut = _last_stop(current)
            groups.append(current[:cut])
            current = current[cut:]
            size = sum(len(kept.phonemes) + 1 for kept in current)
        current.append(word)
        size += need
        if word.ends_sentence and size >= _COMFORTABLE:
            groups.append(current)
            current, size = [], 0
    return [*groups, current] if current else groups


def _last_stop(words: list[Sounded]) -> int:
    """How many of the words to speak before the next breath."""
    for stops in ([word.ends_sentence for word in words], [word.ends_clause for word in words]):
        if any(stops):
            return len(stops) - stops[::-1].index(True)
    return len(words)


def _joined(parts: list[str]) -> str:
    """A word's pieces: spoken ones apart by a space, marks attached, repeated marks once; never longer than a breath."""
    joined = ""
    for part in parts:
        if joined and part not in MARKS and joined[-1] not in MARKS:
            joined += " "
        joined += part
    joined = re.sub(r"\.{2,}", "…", joined)
    return re.sub(r"([,.!?;:…—])\1+", r"\1", joined)[: LONGEST_BREATH - 2].strip()
