"""How English sounds, in the alphabet that Kokoro was trained with.

Words are looked up in misaki's American dictionaries (US gold and silver), inflected forms by the rules of its lexicon, and
the rest, names above all, read by espeak-ng's rules.
"""

import re
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Protocol

from services.model_service.engines.speech import abbreviations
from services.model_service.engines.speech.book import Book

_VOWELS = frozenset("AIOQWYaiuæɑɒɔəɛɜɪʊʌᵻ")
_FLAPPED_AFTER = frozenset("AIOWYiuæɑəɛɪɹʊʌ")
_VERB_AFTER = frozenset(
    {"to", "will", "would", "can", "could", "should", "may", "might", "must", "shall", "let's", "i", "you", "we", "they"}
    | {"don't", "didn't", "doesn't", "cannot", "can't", "won't"}
)
_NOUN_AFTER = frozenset({"the", "a", "an", "this", "that", "my", "his", "her", "their", "our", "your", "its", "no", "some", "of"})
_OBJECTS = frozenset({"the", "my", "your", "his", "her", "their", "our", "its", "this", "that", "it", "them", "him", "me", "us"})

# espeak's IPA to Kokoro's alphabet (misaki's E2M table for American English), longest first.
_FROM_ESPEAK: Sequence[tuple[str, str]] = (
    ("ʔˌn\u0329", "tn"), ("ʔn\u0329", "tn"), ("a^ɪ", "I"), ("a^ʊ", "W"), ("d^ʒ", "ʤ"), ("e^ɪ", "A"), ("t^ʃ", "ʧ"), ("ɔ^ɪ", "Y"),
    ("ə^l", "ᵊl"), ("o^ʊ", "O"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ʲo", "jo"), ("ʲə", "jə"), ("ʲ", ""), ("e", "A"),
    ("ɚ", "əɹ"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɐ", "ə"), ("ɬ", "l"), ("\u0303", ""), ("ː", ""), ("o", "ɔ"), ("ɾ", "T"),
    ("ʔ", "t"), ("^", ""),
)  # fmt: skip

Entry = str | Mapping[str, str | None]


class Fallback(Protocol):
    """Phonemes of a word that no dictionary has, as espeak-ng writes them."""

    def __call__(self, word: str) -> str: ...


class English:
    """Sounds of American English. Constructing it reads the dictionaries (half a second); then it is thread-safe."""

    def __init__(self, fallback: Fallback) -> None:
        data = resources.files("misaki") / "data"
        self._gold, self._silver = (Book((data / f"us_{name}.json").read_bytes()) for name in ("gold", "silver"))
        self._fallback = fallback

    def sounds(self, words: Sequence[str]) -> list[str]:
        """Phonemes of each word of a phrase; never empty for a word with letters."""
        said: list[str] = []
        # From the last to the first: how "the" and "to" sound depends on what follows.
        following = ""
        for place in range(len(words) - 1, -1, -1):
            before = words[place - 1].lower() if place else ""
            after = words[place + 1].lower() if place + 1 < len(words) else ""
            following = self._sound(words[place], before, after, following)
            said.append(following)
        return said[::-1]

    def _sound(self, word: str, before: str, after: str, following: str) -> str:
        word = word.replace("’", "'")
        if word.lower() in abbreviations.SOUNDS:
            return abbreviations.SOUNDS[word.lower()]
        first = next((c for c in following if c not in "ˈˌ"), "")
        small = word.lower()
        if small == "the":
            return "ði" if first in _VOWELS and first else "ðə"
        if small == "to" and word != "TO":
            return "tu" if not first else "tʊ" if first in _VOWELS else "tə"
        if word in ("a", "A") and first:
            return "ɐ"
        if small == "an":
            return "ɐn"
        if small == "in":
            return "ɪn" if first else "ˈɪn"
        role = _role(small, before, after, last=not first)
        found = self._known(word, role) or self._inflected(word, role) or self._spelled(word) or self._guessed(word)
        return found.replace("ɾ", "T").replace("ʔ", "t")

    def _known(self, word: str, role: str) -> str:
        """From the dictionaries: as written, else in small letters, else with a capital."""
        for spelling in (word, word.lower(), word.lower().capitalize()):
            for book in (self._gold, self._silver):
                entry: Entry | None = book.get(spelling)
                if isinstance(entry, str):
                    return entry
                if entry is not None:
                    return entry.get(role) or entry.get("VERB" if role == "VBD" else role) or entry["DEFAULT"] or ""
        return ""

    def _inflected(self, word: str, role: str) -> str:
        """A known word with an ending: possessive or plural, past, -ing."""
        small = word.lower()
        for stem in _stems_s(small):
            if known := self._known(stem, role):
                return known + ("s" if known[-1] in "ptkfθ" else "ᵻz" if known[-1] in "szʃʒʧʤ" else "z")
        for stem in _stems_ed(small):
            if known := self._known(stem, "VERB"):
                return _with_ed(known)
        for stem in _stems_ing(small):
            if known := self._known(stem, "VERB"):
                flapped = len(known) > 1 and known[-1] == "t" and known[-2] in _FLAPPED_AFTER
                return (known[:-1] + "ɾ" if flapped else known) + "ɪŋ"
        return ""

    def _spelled(self, word: str) -> str:
        """An abbreviation in capitals, letter by letter, the last one stressed."""
        letters = word.replace(".", "")
        if not (2 <= len(letters) <= 5 and letters.isascii() and letters.isalpha() and letters.isupper()):
            return ""
        said = "".join(self._known(letter, "DEFAULT") for letter in letters).replace("ˈ", "ˌ")
        head, _, tail = said.rpartition("ˌ")
        return f"{head}ˈ{tail}"

    def _guessed(self, word: str) -> str:
        """By espeak's rules, else letter by letter, so that a name is never left out."""
        said = self._fallback(word)
        for theirs, ours in _FROM_ESPEAK:
            said = said.replace(theirs, ours)
        said = re.sub(r"(\S)\u0329", r"ᵊ\1", said).replace("\u0329", "").strip()
        return said or " ".join(filter(None, (self._known(letter.upper(), "DEFAULT") for letter in word)))


def _role(word: str, before: str, after: str, *, last: bool) -> str:
    """The part of speech, guessed from the word before; `None` is the dictionary's name for the form at a phrase's end."""
    if word == "read" and before in {"he", "she", "it", "who"}:
        return "VBD"
    if before in {"have", "has", "had"} or before.endswith(("'ve", "'d")):
        return "VBN"
    if before in _VERB_AFTER:
        return "VERB"
    if before in _NOUN_AFTER:
        return "NOUN"
    if after in _OBJECTS:
        return "VERB"
    return "None" if last else "DEFAULT"


def _with_ed(stem: str) -> str:
    if stem[-1] in "pkfθʃsʧ":
        return stem + "t"
    if stem[-1] == "d":
        return stem + "ᵻd"
    if stem[-1] != "t":
        return stem + "d"
    return stem[:-1] + "ɾᵻd" if len(stem) > 1 and stem[-2] in _FLAPPED_AFTER else stem + "ᵻd"


def _stems_s(word: str) -> list[str]:
    if word.endswith(("'s", "s'")):
        return [word[:-2], word[:-1]] if word.endswith("'s") else [word[:-1], word[:-2]]
    stems = []
    if len(word) > 2 and word.endswith("s") and not word.endswith("ss"):
        stems.append(word[:-1])
        if len(word) > 4 and word.endswith("ies"):
            stems.append(word[:-3] + "y")
        elif len(word) > 4 and word.endswith("es"):
            stems.append(word[:-2])
    return stems


def _stems_ed(word: str) -> list[str]:
    if len(word) < 4 or not word.endswith("ed"):
        return []
    stems = [word[:-1], word[:-2]]
    if len(word) > 4 and word.endswith("ied"):
        stems.append(word[:-3] + "y")
    if len(word) > 5 and word[-3] == word[-4]:
        stems.append(word[:-3])
    return stems


def _stems_ing(word: str) -> list[str]:
    if len(word) < 5 or not word.endswith("ing"):
        return []
    stems = [word[:-3], word[:-3] + "e"]
    if len(word) > 6 and word[-4] == word[-5]:
        stems.append(word[:-4])
    return stems
