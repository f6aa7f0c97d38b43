"""Which word of an English clause is its verb, judged by its form and by the closed words around it."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.model_service.engines.storyboard.english_verbs import Verbs
from services.model_service.engines.storyboard.english_words import (
    ADVERBS,
    CLOSED,
    DETERMINERS,
    FINITE_BE,
    MODALS,
    PLURAL_PRONOUNS,
    PREPOSITIONS,
    PRONOUNS,
    SUBJECT_PRONOUNS,
    TAKES_OBJECT,
)


@dataclass(frozen=True, slots=True)
class Finite:
    """The verb at token `at` that says when: its base, and its form for one and for many in the present."""

    at: int
    one: str
    many: str
    base: str


def find_finite(tokens: Sequence[str], verbs: Verbs, start: int = 0) -> Finite | None:
    """The first verb from `start` on that says when, None where there is none."""
    for at in range(start, len(tokens)):
        word = tokens[at].lower()
        before = tokens[at - 1].lower() if at else ""
        if before in ("who", "which", "that", "to") and at > 1 and before != "to":
            continue
        if word in FINITE_BE:
            one = "am" if before == "i" else "is"
            return Finite(at, one, "are", "be")
        if word in MODALS:
            return Finite(at, MODALS[word], MODALS[word], "")
        found = _lexical(tokens, at, word, before, verbs)
        if found:
            return found
    return None


def _lexical(tokens: Sequence[str], at: int, word: str, before: str, verbs: Verbs) -> Finite | None:
    """The full verb at `at`, unless what stands around it makes it a participle or a noun."""
    after = tokens[at + 1].lower() if at + 1 < len(tokens) else ""
    if before in DETERMINERS - {"this", "that", "these", "those", "both", "all", "one", "her"} or before in PREPOSITIONS - {
        "up",
        "down",
        "out",
        "off",
        "past",
        "before",
        "after",
    }:
        return None
    if (
        before in FINITE_BE
        or before in ("be", "been", "being", "have", "having")
        or (before.endswith("ly") and at == 1 and tokens[0][0].islower())
    ):
        return None
    names_next = at + 1 < len(tokens) and tokens[at + 1][0].isupper()
    if names_next and word in ("named", "called") and before not in SUBJECT_PRONOUNS:
        return None  # a girl named Poppy
    if (
        at == 0
        and after
        and not names_next
        and after not in DETERMINERS | PREPOSITIONS | ADVERBS | set(PRONOUNS)
        and not after.endswith("ly")
    ):
        return None
    base = verbs.base_of_past(word) if word != "her" else None
    if base and not (word in TAKES_OBJECT and after in PREPOSITIONS):
        if word == "had" and after:
            return Finite(at, "has", "have", "have")
        return Finite(at, verbs.third(base), base, base)
    if at and (known := verbs.base_of_third(word)) and before not in CLOSED - SUBJECT_PRONOUNS and not before.endswith("ing"):
        return Finite(at, word, known, known)
    if before in PLURAL_PRONOUNS | {"i"} and word in verbs.known:
        return Finite(at, verbs.third(word), word, word)
    return None
