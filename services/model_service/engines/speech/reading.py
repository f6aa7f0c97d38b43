"""A line as Kokoro reads it: every word with its phonemes, in breaths of one or a few sentences."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from services.model_service.engines.speech import numbers_en, numbers_zh, tokens
from services.model_service.engines.speech.chinese import Chinese
from services.model_service.engines.speech.english import English
from services.model_service.engines.speech.tokens import Kind

LONGEST_BREATH = 240
"""Phonemes that the model is given at once at most, about 15 s: it takes 510, but its memory grows with them."""
_COMFORTABLE = 160
"""Phonemes after which a sentence's end is taken as a place to breathe."""

MARKS = frozenset(';:,.!?—…"()“” ')
"""What is written but not articulated in the model's alphabet; some of it makes pauses."""

_MARK_SOUNDS: Mapping[str, str] = {
    "，": ",", "、": ",", ",": ",", "。": ".", "．": ".", ".": ".", "！": "!", "!": "!", "？": "?", "?": "?", "；": ";", ";": ";",
    "：": ":", ":": ":", "…": "…", "—": "—", "–": "—", "“": "“", "”": "”", "「": "“", "」": "”", "『": "“", "』": "”", "《": "“",
    "》": "”", "【": "“", "】": "”", "（": "(", "）": ")", "(": "(", ")": ")", "-": " ", "/": " ", "_": " ",
}  # fmt: skip
_SYMBOL_WORDS = frozenset("&+@%=")


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
        sounds: list[list[str]] = [[] for _ in words]
        phrase: list[tuple[int, str]] = []  # English words waiting for what follows them
        for place, word in enumerate(words):
            for piece in word.pieces:
                text = tokens.plain(piece.text)
                if piece.kind is Kind.LATIN or (piece.kind is Kind.MARK and text in _SYMBOL_WORDS):
                    phrase.append((place, text))
                elif piece.kind is Kind.NUMBER and not in_chinese:
                    phrase += [(place, said) for said in numbers_en.spoken(text).split()]
                elif piece.kind is Kind.MARK and not _MARK_SOUNDS.get(piece.text, "").strip():
                    continue
                else:
                    self._say(phrase, sounds)
                    sounds[place].append(self._sound(piece, text, words[place + 1].text if place + 1 < len(words) else ""))
        self._say(phrase, sounds)
        return [Sounded(word.text, _joined(parts)) for word, parts in zip(words, sounds, strict=True)]

    def _sound(self, piece: tokens.Piece, text: str, after: str) -> str:
        match piece.kind:
            case Kind.HAN:
                return self._chinese.sound(piece.text)
            case Kind.NUMBER:
                return self._chinese.sound(numbers_zh.spoken(text, after))
            case _:
                return _MARK_SOUNDS[piece.text]

    def _say(self, phrase: list[tuple[int, str]], sounds: list[list[str]]) -> None:
        """Let the English words that have gathered sound, now that their phrase is over."""
        said = self._english.sounds([word for _, word in phrase])
        for (place, _), phonemes in zip(phrase, said, strict=True):
            sounds[place].append(phonemes)
        phrase.clear()


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
