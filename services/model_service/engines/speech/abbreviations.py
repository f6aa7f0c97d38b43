"""English as it is written and not as it is said: abbreviations with a full stop, Roman numerals, sounds without a vowel."""

import re
from collections.abc import Mapping

from services.model_service.engines.speech.numbers_en import cardinal, ordinal

_TITLES: Mapping[str, str] = {
    "Mr": "mister", "Mrs": "missus", "Ms": "miz", "Dr": "doctor", "Prof": "professor", "Capt": "captain", "Lt": "lieutenant",
    "Col": "colonel", "Gen": "general", "Sgt": "sergeant", "Rev": "reverend", "Sen": "senator", "Gov": "governor",
    "Mt": "mount", "Ft": "fort",
}  # fmt: skip
_SHORT: Mapping[str, str] = {
    "Jr": "junior", "Sr": "senior", "vs": "versus", "approx": "approximately", "dept": "department",
    "Jan": "January", "Feb": "February", "Apr": "April", "Aug": "August", "Sept": "September", "Sep": "September",
    "Oct": "October", "Nov": "November", "Dec": "December", "Ave": "avenue", "Blvd": "boulevard", "Rd": "road",
}  # fmt: skip
_PHRASES: Mapping[str, str] = {"e.g": "for example", "i.e": "that is", "a.m": "A M", "p.m": "P M"}
_MEASURES: Mapping[str, str] = {
    "ft": "feet", "lb": "pounds", "lbs": "pounds", "oz": "ounces", "mi": "miles", "mph": "miles an hour", "yd": "yards",
    "sec": "seconds", "min": "minutes", "hr": "hours", "hrs": "hours",
}  # fmt: skip
_ROMAN: Mapping[str, int] = {
    "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9, "X": 10, "XI": 11, "XII": 12, "XIII": 13,
    "XIV": 14, "XV": 15, "XVI": 16, "XVII": 17, "XVIII": 18, "XIX": 19, "XX": 20,
}  # fmt: skip
_NUMBERED = frozenset({"chapter", "part", "book", "volume", "act", "scene", "war", "episode", "stage", "phase", "type", "class"})
SOUNDS: Mapping[str, str] = {
    "shh": "ʃ", "sh": "ʃ", "shhh": "ʃʃ", "psst": "pst", "pst": "pst", "pfft": "pft", "brr": "bɜɹ", "brrr": "bɜɹ", "grr": "ɡɜɹ",
    "grrr": "ɡɜɹ", "mm": "m", "mmm": "m", "hm": "hm", "hmm": "hm", "hmmm": "hm", "tsk": "tˈɪsk", "zzz": "z", "psh": "pʃ",
}  # fmt: skip
"""Exclamations without a vowel, and their phonemes."""


def expanded(word: str, before: str, after: str) -> str | None:
    """The words that `word`, with the full stops that it has, stands for between its neighbours; None where for itself.

    The neighbours are empty at a line's ends.
    """
    bare = word.rstrip(".")
    stopped = bare != word
    if bare.lower() in _PHRASES:
        return _PHRASES[bare.lower()]
    if re.fullmatch(r"(?:[A-Za-z]\.)+[A-Za-z]", bare):
        return " ".join(bare.upper().split("."))
    if bare in _TITLES and stopped and after[:1].isupper():
        return _TITLES[bare]
    if bare == "St" and stopped:
        return "saint" if after[:1].isupper() and not before[:1].isupper() else "street"
    if bare in _SHORT and stopped:
        return _SHORT[bare]
    if bare in _MEASURES and before[-1:].isdecimal():
        return _MEASURES[bare]
    if bare in _ROMAN:
        if before.lower() in _NUMBERED:
            return cardinal(_ROMAN[bare])
        if len(bare) > 1 and before[:1].isupper() and before[1:].islower():
            return f"the {ordinal(_ROMAN[bare])}"
    return None


def keeps_its_stop(word: str, after: str) -> bool:
    """Whether the full stop behind an abbreviation also ends the sentence: with nothing or a capital after it, titles aside."""
    bare = word.rstrip(".")
    return not after or (after[:1].isupper() and bare not in _TITLES and bare != "St")
