"""A line as the words that a subtitle shows, each with the pieces that a voice speaks."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

Segment = Callable[[str], list[str]]
"""Cuts a run of Chinese characters into words."""


class Kind(Enum):
    """What a piece is, and so who knows how it sounds."""

    HAN = auto()
    LATIN = auto()
    NUMBER = auto()
    MARK = auto()


@dataclass(frozen=True, slots=True)
class Piece:
    kind: Kind
    text: str


@dataclass(slots=True)
class Word:
    """A word as shown, punctuation attached, from character `start` of the line on; spoken as `pieces`."""

    text: str
    start: int
    pieces: list[Piece] = field(default_factory=list)

    @property
    def chinese(self) -> bool:
        return any(piece.kind is Kind.HAN for piece in self.pieces)

    @property
    def spoken(self) -> bool:
        return any(piece.kind is not Kind.MARK for piece in self.pieces)


_HAN = r"[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
_LETTER = rf"(?:(?!{_HAN})[^\W\d_])"
_CHINESE_UNIT = r"(?:年|月|日|号|点|分|秒|％|%)"
_LATIN_UNIT = r"(?:km/h|kg|km|cm|mm|ml|mL|GB|MB|TB|Hz|kHz|MHz|GHz|m²|m³|[mgLl]|℃|°C|°F|°|℉)(?![A-Za-z])"
_AMOUNT = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_NUMBER = rf"""
    \d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?!\d)                       # 2026-10-03
  | \d{{1,2}}[:：]\d{{2}}(?:[:：]\d{{2}})?(?!\d)(?:\s?[aApP]\.?[mM]\b\.?)?  # 7:30, 12:05 pm
  | \d{{1,3}}[:：]\d{{1,3}}(?!\d)                                      # 3:2
  | (?<!\d)(?:\d{{3}}-\d{{3}}-\d{{4}}|\d{{3,4}}-\d{{7,8}}|\d{{3}}-\d{{4}})(?![\d-])  # 555-1234
  | \d+(?:st|nd|rd|th|s)(?![A-Za-z])                               # 3rd, 1990s
  | (?:No\.|№)\s?\d+                                               # No. 1
  | \d['’]\d{{1,2}}["”]?                                            # 5'10"
  | (?:(?<![\w.)])[-−]|(?<={_HAN})[-−](?=\d+(?:\.\d+)?\s?(?:℃|°|度)))?[$¥￥€£]?
    (?:{_AMOUNT})(?:\s?[-~～–—至]\s?(?:{_AMOUNT}))?(?:/\d+)?
    (?:{_CHINESE_UNIT}|\s?{_LATIN_UNIT})?(?:\s(?:hundred|thousand|million|billion|trillion)\b)?
"""
_SCAN = re.compile(
    rf"(?P<space>\s+)|(?P<number>{_NUMBER})|(?P<han>{_HAN}+)|(?P<latin>{_LETTER}+(?:['’]{_LETTER}+)*)|(?P<mark>.)",
    re.VERBOSE | re.DOTALL,
)
_OPENING = frozenset("“‘（《〈「『【〔［｛([{«¿¡#@")


def words(line: str, segment: Segment) -> list[Word]:
    """The words of `line`, in order; every visible character of it stands in exactly one of them."""
    found: list[Word] = []
    prefix, since = "", 0
    fresh = True  # whether the next piece begins a word of its own
    for kind, text, at in _scan(line):
        if kind is None:
            fresh = True
            continue
        if kind is Kind.MARK:
            begins = text in _OPENING or (fresh and text in "\"'")
            if begins or not found or prefix:
                prefix, since = prefix + text, since if prefix else at
            else:
                found[-1].text += text
                found[-1].pieces.append(Piece(kind, text))
                fresh = fresh or unicodedata.east_asian_width(text) in "WF"
            continue
        offset = at
        for part in segment(text) if kind is Kind.HAN else [text]:
            alone = fresh or kind is Kind.HAN or not found or found[-1].chinese or bool(prefix)
            if alone:
                word = Word(prefix + part, since if prefix else offset)
                word.pieces += [Piece(Kind.MARK, mark) for mark in prefix]
                found.append(word)
                prefix = ""
            else:
                found[-1].text += part
            found[-1].pieces.append(Piece(kind, part))
            fresh = False
            offset += len(part)
    if prefix:
        tail = [Piece(Kind.MARK, mark) for mark in prefix]
        if found:
            found[-1].text += prefix
            found[-1].pieces += tail
        else:
            found.append(Word(prefix, since, tail))
    return found


def _scan(line: str) -> Iterator[tuple[Kind | None, str, int]]:
    """The runs of the line and where they begin; None for space."""
    for match in _SCAN.finditer(line):
        name = match.lastgroup or "mark"
        if name == "space":
            yield None, match.group(), match.start()
        elif name == "mark" and not match.group().isprintable():
            continue
        else:
            kind = {"number": Kind.NUMBER, "han": Kind.HAN, "latin": Kind.LATIN, "mark": Kind.MARK}[name]
            yield kind, match.group(), match.start()


def plain(text: str) -> str:
    """Full-width letters and digits as ordinary ones, for looking up; the same number of characters."""
    return "".join(unicodedata.normalize("NFKC", c) if "！" <= c <= "～" else c for c in text)
