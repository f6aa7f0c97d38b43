"""English verbs and their forms: what a story tells in the past, a storyboard shows in the present."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

_VOWELS = "aeiou"
_THIRD = {"be": "is", "have": "has", "do": "does", "go": "goes"}


@dataclass(frozen=True, slots=True)
class Verbs:
    """Irregular pasts by form, bases in a silent e, known bases, words in -ed that are no past; given names (`m` or `f`)."""

    irregular: Mapping[str, str]
    silent_e: frozenset[str]
    known: frozenset[str]
    not_past: frozenset[str]
    names: Mapping[str, str]

    @classmethod
    def read(cls) -> Self:
        table = tomllib.loads((files(__package__) / "english.toml").read_text(encoding="utf-8"))
        pairs = table["irregular"].split()
        irregular = dict(zip(pairs[::2], pairs[1::2], strict=True))
        silent = frozenset(table["silent_e"].split())
        known = frozenset(table["verbs"].split()) | silent | frozenset(irregular.values())
        names = dict.fromkeys(table["men"].split(), "m") | dict.fromkeys(table["women"].split(), "f")
        return cls(irregular, silent, known, frozenset(table["not_past"].split()), names)

    def base_of_past(self, word: str) -> str | None:
        """The base form of a past form, None when `word` does not look like one."""
        if word in self.irregular:
            return self.irregular[word]
        if not word.endswith("ed") or len(word) < 4 or word in self.not_past:
            return None
        stem = word[:-2]
        if stem in self.known:
            return stem
        if stem + "e" in self.silent_e:
            return stem + "e"
        if stem.endswith("i"):
            return stem[:-1] + "y"
        if len(stem) > 2 and stem[-1] == stem[-2] and stem[-1] not in "lsz":
            return stem[:-1]
        if stem[-2:] == "ll" and len(stem) > 5 and stem[:-1] in self.known:
            return stem[:-1]
        return stem + "e" if _wants_e(stem) else stem

    def third(self, base: str) -> str:
        """`base` as he, she or it does it."""
        if base in _THIRD:
            return _THIRD[base]
        if base.endswith(("s", "x", "z", "ch", "sh", "o")):
            return base + "es"
        if base.endswith("y") and base[-2:-1] not in _VOWELS:
            return base[:-1] + "ies"
        return base + "s"

    def gerund(self, base: str) -> str:
        """`base` as a name for the doing: climb, climbing."""
        if base.endswith("ie"):
            return base[:-2] + "ying"
        if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
            return base[:-1] + "ing"
        if _doubles(base):
            return base + base[-1] + "ing"
        return base + "ing"

    def base_of_gerund(self, word: str) -> str | None:
        """The known base of a form in -ing, None when there is none."""
        stem = word.removesuffix("ing")
        candidates = (stem, stem + "e", stem[:-1]) if len(stem) > 1 and stem != word else ()
        return next((base for base in candidates if base in self.known and self.gerund(base) == word), None)

    def base_of_third(self, word: str) -> str | None:
        """The known base of a third person form (climbs, carries), None when there is none."""
        candidates = [word[:-1], word[:-2], word[:-3] + "y"] if word.endswith("s") else []
        return next((base for base in candidates if base in self.known and self.third(base) == word), None)

    def forms(self, phrase: str) -> tuple[str, ...]:
        """The finite forms and the gerund of a verb, or of a phrase that begins with one (`look up`)."""
        base, _, rest = phrase.partition(" ")
        tail = f" {rest}" if rest else ""
        pasts = [past for past, of in self.irregular.items() if of == base] or [self._regular_past(base)]
        return tuple(form + tail for form in (base, self.third(base), self.gerund(base), *pasts))

    @staticmethod
    def _regular_past(base: str) -> str:
        if base.endswith("e"):
            return base + "d"
        if base.endswith("y") and base[-2:-1] not in _VOWELS:
            return base[:-1] + "ied"
        return base + (base[-1] if _doubles(base) else "") + "ed"


def _syllables(word: str) -> int:
    return sum(c in _VOWELS and (i == 0 or word[i - 1] not in _VOWELS) for i, c in enumerate(word))


def _doubles(base: str) -> bool:
    """One syllable that ends in one vowel and one consonant doubles it (stop, stopping)."""
    if len(base) < 3 or base[-1] in _VOWELS + "wxyh":
        return False
    closed = (base[-2] in _VOWELS and base[-3] not in _VOWELS) or (base[-3:-1] == "ui" and base[-4:-3] == "q")
    return (closed and _syllables(base) == 1) or base in ("begin", "forget", "admit", "regret", "outrun", "upset")


def _wants_e(stem: str) -> bool:
    """Whether the base of `stem`-ed ends in e: judged by how English spells the sounds at its end."""
    if stem.endswith(("v", "c", "u", "z")) or (stem.endswith("s") and not stem.endswith("ss")):
        return True
    if len(stem) > 2 and stem[-1] == "l" and stem[-2] in "bcdfgkptz":
        return True
    if stem.endswith(("dg", "rg")):
        return True
    if _syllables(stem) == 1:
        return len(stem) > 1 and stem[-1] not in _VOWELS + "wxyh" and stem[-2] in _VOWELS and stem[-3:-2] not in tuple(_VOWELS)
    return stem.endswith(("at", "ir", "ur", "ut", "id")) and stem[-3] not in _VOWELS
