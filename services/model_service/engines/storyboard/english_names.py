"""English personal names, without a tagger's weights: capitals inside sentences, appositions, openings followed by a deed."""

import re
from collections import Counter

from services.model_service.engines.storyboard.english_verbs import Verbs
from services.model_service.engines.storyboard.english_words import CLOSED, FINITE_BE, HONORIFICS, MODALS, NOT_NAMES, TOKEN

_MOST = 12
_NAMED = re.compile(r"\b(?:named|called|name was|name is)\s+([A-Z][\w'’]+)")
_OPENS = ("", ".", "!", "?", "“", '"', "…", ":", "‘")
_PLACING = ("in", "at", "from", "near", "into", "the", "of")


def names(text: str, verbs: Verbs) -> list[tuple[str, int]]:
    """Names of persons and where each stands first: capitalised words inside sentences, without weekdays, titles, surnames after
    a given name, and what prepositions show to be places.
    """
    inner: Counter[str] = Counter()
    first: dict[str, int] = {}
    placed: Counter[str] = Counter()
    opening: Counter[str] = Counter()
    following: Counter[tuple[str, str]] = Counter()
    named = {m.group(1) for m in _NAMED.finditer(text)}
    before = ""
    for match in TOKEN.finditer(text):
        word = match.group()
        begins = before in _OPENS or "\n" in text[max(0, match.start() - 2) : match.start()]
        if _may_be_name(word):
            name = re.sub(r"['’]s$", "", word)
            first.setdefault(name, match.start())
            if begins and _begins_a_deed(text, match.end(), verbs):
                opening[name] += 1
            if not begins or before.lower() in HONORIFICS:
                inner[name] += 1
                placed[name] += before.lower() in _PLACING
                following[before, name] += before.lower() not in HONORIFICS
        before = word
    people = [n for n, count in inner.items() if placed[n] * 2 <= count] + [n for n in named if n not in inner]
    given = {n for n in (*people, *opening) if n in people or verbs.names.get(n.lower())}
    surnames = {name for (before, name), count in following.items() if before in given and 0 < count == inner[name]}
    people = [n for n in people if n not in surnames]
    lower = set(re.findall(r"\b[a-z]+\b", text))
    known = [n for n, k in opening.items() if n not in people and n.lower() not in lower and (k > 1 or verbs.names.get(n.lower()))]
    people += [n for n in known if not inner[n]]
    return sorted(((n, first.get(n, 0)) for n in people if len(n) > 1), key=lambda found: found[1])[:_MOST]


def _may_be_name(word: str) -> bool:
    is_capital = word[0].isupper() and word[1:].islower() and word.isascii()
    return is_capital and word.lower().removesuffix("'s") not in NOT_NAMES | CLOSED


def _begins_a_deed(text: str, at: int, verbs: Verbs) -> bool:
    """Whether the word that ends at `at` is followed by what it does."""
    after = TOKEN.search(text, at)
    word = after.group().lower() if after else ""
    return word in FINITE_BE or word in MODALS or bool(verbs.base_of_past(word) or verbs.base_of_third(word))
