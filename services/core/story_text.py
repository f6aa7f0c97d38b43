"""What a story is allowed to be: its text checked and its language found, before anything is made of it."""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from services.core.errors import InvalidArgument, TooLarge
from services.core.model import Language

_HAN_WEIGHT = 2
"""Latin letters that one Han character counts for: a word takes about two characters in Chinese and five letters in English."""

_KANA_SHARE = 0.3
"""From this share of kana among Han and kana on, the Han characters are Japanese ones; Japanese prose has 0.5 or more."""

_HAN, _LATIN = "Chinese", "Latin"
_SCRIPTS: Mapping[str, str] = {
    # The first word of a character's Unicode name: the script as readers call it.
    "CJK": _HAN,
    "LATIN": _LATIN,
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "DEVANAGARI": "Devanagari",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Unicode's categories Cc and Cs, less tabs and ends of lines."""

_TITLE_CHARACTERS = 12
_TITLE_WORDS = 6
_MARKUP = re.compile(r"^[\s#>*_`~\-]+|[*_`~]+|\s#+$")
_CLAUSE_END = re.compile(r"[，。！？；：…,.!?;:\n—“”「」『』\"()（）]+")
_PREAMBLE = re.compile(
    r"^(?:once upon a time\b|(?:this is )?(?:a|the) (?:story|tale) (?:about|of)\b|"
    r"从前|很久(?:很久)?以前|讲述?(?:了|的是)?)[\s，,]*",
    re.IGNORECASE,
)
_STORY_OF = re.compile(r"的(?:故事|传说|童话)$")
_LOOSE_ENDS = frozenset(
    {"a", "an", "the", "and", "or", "but", "of", "in", "on", "at", "to", "with", "from", "by", "for", "as", "that"}
)


def read_story(text: str, *, field: str, limit: int) -> Language:
    """The language that `text`, at most `limit` characters long, is told in.

    Scripts may be mixed: the language is that of the script that carries more of the story, so a Chinese story with some English
    names is Chinese. Raises TooLarge TEXT_TOO_LONG; InvalidArgument CONTROL_CHARACTER, EMPTY_TEXT, NO_WORDS or LANGUAGE_NOT_TOLD.
    """
    check_line(text, field=field, limit=limit)
    if not any(_is_visible(c) for c in text):
        raise InvalidArgument("EMPTY_TEXT", field=field)
    letters: Counter[str] = Counter()
    for character, times in Counter(text).items():
        letters[_script(character)] += times
    del letters[""]
    if not letters:
        raise InvalidArgument("NO_WORDS", field=field)
    han, kana, latin = letters[_HAN], letters["Japanese"], letters[_LATIN]
    if kana and kana >= _KANA_SHARE * (han + kana):
        letters["Japanese"] += letters.pop(_HAN, 0)
        han = 0
    others = {script: count for script, count in letters.items() if script not in (_HAN, _LATIN)}
    if sum(others.values()) > han + latin:
        script = max(others, key=lambda name: (others[name], name))
        raise InvalidArgument("LANGUAGE_NOT_TOLD", field=field, script=script)
    return Language.ZH if han * _HAN_WEIGHT > latin else Language.EN


def check_line(text: str, *, field: str, limit: int) -> None:
    """Check a short text (a title, details, a narration); it may be empty.

    Raises TooLarge TEXT_TOO_LONG or InvalidArgument CONTROL_CHARACTER, which names the first one by its code and position (from 1).
    """
    if len(text) > limit:
        raise TooLarge("TEXT_TOO_LONG", field=field, found=len(text), limit=limit)
    if found := _CONTROL.search(text):
        raise InvalidArgument("CONTROL_CHARACTER", field=field, code=f"{ord(found[0]):04X}", position=found.start() + 1)


def title_of(text: str, language: Language) -> str:
    """A short title for a story that came without one: its heading, or else how it begins."""
    lines = [line for line in (_MARKUP.sub("", raw).strip() for raw in text.splitlines()) if any(map(_script, line))]
    if not lines:
        return ""
    opening = _PREAMBLE.sub("", lines[0]) or lines[0]
    clause = next((part.strip() for part in _CLAUSE_END.split(opening) if any(map(_script, part))), opening)
    if language is Language.ZH:
        return (_STORY_OF.sub("", clause) or clause)[:_TITLE_CHARACTERS]
    words = clause.split()[:_TITLE_WORDS]
    while len(words) > 1 and words[-1].lower() in _LOOSE_ENDS:
        words.pop()
    return " ".join(w if i and w.lower() in _LOOSE_ENDS else w[:1].upper() + w[1:] for i, w in enumerate(words))[
        : _TITLE_WORDS * 12
    ]


@lru_cache(maxsize=4096)
def _script(character: str) -> str:
    """The script of a letter, "" for anything else; full-width and mathematical letters count as those that they stand for."""
    if not character.isalpha():
        return ""
    plain = unicodedata.normalize("NFKC", character)[:1]
    word = unicodedata.name(plain, "").split(" ")[0]
    return _SCRIPTS.get(word, word.capitalize() or "unknown")


def _is_visible(character: str) -> bool:
    return not character.isspace() and unicodedata.category(character) not in ("Cf", "Mn", "Cc")
