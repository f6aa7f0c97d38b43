"""A story's plain text and its sentences: markup and symbols taken out, dialogue kept whole, abbreviations no ends."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from services.core.model import Language

_FENCE = re.compile(r"^\s*(?:```|~~~|[-=*_]{3,}\s*$|\|[\s:|-]+\|\s*$)")
_LINE_MARK = re.compile(r"^\s*(?:#{1,6}\s+|>+\s*|[-*+•]\s+|\d{1,3}[.)、]\s*(?=\D))+")
_HEADING = re.compile(r"^\s*#{1,6}\s+\S")
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\n]*\)")
_URL = re.compile(r"https?://[\w./?#&=%~:@+,;!$'()*-]+|</?[A-Za-z][^>\n]{0,80}>")
_EMPHASIS = re.compile(r"[*_`~|]{1,3}")
_SINGLE = re.compile(r"(?<!\w)'((?:[^'\n]|(?<=\w)'(?=\w)){2,300}?[,.!?…—-])'(?!\w)")
_QUOTES = re.compile(r"“[^“”\n]*”|「[^「」\n]*」|『[^『』\n]*』|\"[^\"\n]*\"|(?<!\w)‘[^‘’\n]*’(?!\w)")
_ENDS = re.compile(r"[。！？!?…]+|\.{2,}|\.")
_CLOSERS = "”」』\"’'）)]】》"
_LONG_QUOTE = 60
"""A longer quotation is cut at its own sentences; a shorter one stays whole."""

_ABBREVIATIONS = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "prof",
        "sr",
        "jr",
        "vs",
        "etc",
        "capt",
        "col",
        "gen",
        "lt",
        "sgt",
        "rev",
        "hon",
        "no",
        "vol",
        "fig",
        "approx",
        "dept",
        "e.g",
        "i.e",
        "a.m",
        "p.m",
        "u.s",
    ]
)
_TAG_ZH = re.compile(r"^[^，。！？；：“”「」『』\n]{0,9}?(?:说|道|问|喊|叫|答|嚷|念|笑|叹|想|吼)")
_TAG_EN = re.compile(
    r"^(?:[A-Z][\w'’]*|[Tt]he|[Hh]e|[Ss]he|[Tt]hey|[Ii])(?:\s[\w'’]+){0,2}\s"
    r"(?:said|says|asked|asks|shouted|shouts|whispered|whispers|cried|cries|called|calls|replied|replies|answered|answers|murmured|muttered|yelled)\b"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence at `start:end` of the story's plain text; `opens` tells that it begins a paragraph, `heading` that it is one."""

    text: str
    start: int
    end: int
    opens: bool = False
    heading: bool = False


def plain(text: str) -> str:
    """The story as it may be read aloud: no markup, emoji, links or control marks; a paragraph a line, headings begin with `#`."""
    lines = []
    for raw in text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").split("\n"):
        if not raw.strip() or _FENCE.match(raw):
            continue
        mark = "#" if _HEADING.match(raw) else ""
        line = _EMPHASIS.sub("", _URL.sub("", _LINK.sub(r"\1", _LINE_MARK.sub("", raw))))
        line = _SINGLE.sub(r"“\1”", " ".join("".join(filter(_is_readable, line)).split()))
        if any(c.isalnum() for c in line):
            lines.append(mark + line)
    return "\n".join(lines)


def quotations(text: str) -> list[tuple[int, int]]:
    """Spans of quotations, with their marks; a mark without its pair quotes nothing."""
    return [m.span() for m in _QUOTES.finditer(text)]


def sentences(text: str, language: Language) -> list[Sentence]:
    """The sentences of a plain text, in order; together they hold all of its words."""
    found: list[Sentence] = []
    offset = 0
    for line in text.split("\n"):
        heading = line.startswith("#")
        body = line.removeprefix("#")
        base = offset + len(line) - len(body)
        opens = True
        for start, end in _cuts(body, language):
            if any(c.isalnum() for c in body[start:end]):
                found.append(Sentence(body[start:end], base + start, base + end, opens, heading))
                opens = False
        offset += len(line) + 1
    return found


def _cuts(line: str, language: Language) -> Iterator[tuple[int, int]]:
    quotes = quotations(line)
    start = 0
    for match in _ENDS.finditer(line):
        end = match.end()
        if end <= start:
            continue
        inside = next(((s, e) for s, e in quotes if s < match.start() < e), None)
        while end < len(line) and line[end] in _CLOSERS and not (line[end] == '"' and any(s == end for s, _ in quotes)):
            end += 1
        if match.group() == "." and not _is_full_stop(line, match.start(), end):
            continue
        if inside and (end < inside[1] and inside[1] - inside[0] <= _LONG_QUOTE):
            continue
        if _goes_on(
            line, end, quoted=inside is not None and end >= inside[1], ellipsis=match.group()[0] in "….", language=language
        ):
            continue
        yield _trim(line, start, end)
        start = end
    if start < len(line):
        yield _trim(line, start, len(line))


def _trim(line: str, start: int, end: int) -> tuple[int, int]:
    piece = line[start:end]
    return start + len(piece) - len(piece.lstrip()), end - len(piece) + len(piece.rstrip())


def _is_full_stop(line: str, at: int, end: int) -> bool:
    """Whether the dot at `at` ends a sentence: not in a number, an address or after an abbreviation or an initial."""
    if end < len(line) and not line[end].isspace() and ord(line[end]) < 0x2E80:
        return False
    word = re.search(r"[\w.]*$", line[max(0, at - 16) : at])
    before = word.group().lower() if word else ""
    is_initial = len(before) == 1 and before.isalpha() and before != "i" and line[at - 1].isupper()
    return not is_initial and before not in _ABBREVIATIONS


def _goes_on(line: str, end: int, *, quoted: bool, ellipsis: bool, language: Language) -> bool:
    """Whether the sentence runs on after this mark: a speech tag follows its quotation, or the next word is in lower case."""
    rest = line[end : end + 80].lstrip()
    if not rest:
        return False
    if quoted and (_TAG_ZH if language is Language.ZH else _TAG_EN).match(rest):
        return True
    if quoted and rest[0] in "，,；;":
        return True
    return (quoted or ellipsis) and rest[0].islower()


def _is_readable(character: str) -> bool:
    if character in "$%&+=#@<>":
        return character not in "#<>"
    category = unicodedata.category(character)
    return category[0] in "LNPZ" or (category in ("Mn", "Mc", "Sc") and not "\ufe00" <= character <= "\ufe0f")
