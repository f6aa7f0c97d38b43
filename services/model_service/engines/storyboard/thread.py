"""Who does what, followed from clause to clause: the one a pronoun or a left-out subject stands for, where that is clear."""

import re
from collections import deque
from collections.abc import Sequence

from services.core.model import Language
from services.model_service.engines.storyboard import naming
from services.model_service.engines.storyboard.grammar import Phrase
from services.model_service.engines.storyboard.lexicon import Hit
from services.model_service.engines.storyboard.members import Member

_REACH = 10
"""Clauses after which a name has faded from a listener's mind."""

_PRONOUN = {
    Language.ZH: re.compile(r"^([他她它])(?!们)"),
    Language.EN: re.compile(r"^(he|she|it)$", re.IGNORECASE),
}
_GENDER = {"他": "m", "她": "f", "它": "n", "he": "m", "she": "f", "it": "n"}


class Thread:
    """The names as they come and fade; `follow` is called for clause after clause, in order."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._named: deque[tuple[Member, ...]] = deque(maxlen=_REACH)
        self._doer: Member | None = None

    def follow(
        self,
        clause: str,
        phrase: Phrase,
        hits: Sequence[Hit],
        present: Sequence[Member],
        *,
        spoken: bool,
        begins: bool,
        opens: bool,
    ) -> Member | None:
        """Who does what this clause tells, or says what it says; None where that is not clear."""
        named = tuple(m for m in present if _is_named(m, clause, hits, self._language))
        before = None if opens else self._doer
        self._named.append(named)
        pronoun = _PRONOUN[self._language].match(phrase.subject)
        doer: Member | None
        if pronoun:
            doer = self._meant(_GENDER[pronoun.group(1).lower()], before)
        elif phrase.subject:
            doer = next((m for m in named if _is_named(m, phrase.subject, hits, self._language)), None)
            doer = doer or (named[0] if spoken and len(named) == 1 else None)
        elif spoken:
            doer = named[0] if len(named) == 1 else before
        else:
            doer = before if phrase.beat and (not begins or self._language is Language.ZH) else None
            doer = doer if not named or doer in present else None
        self._doer = doer or (named[0] if len(named) == 1 else None if named or phrase.subject else before)
        return doer

    def _meant(self, gender: str, before: Member | None) -> Member | None:
        """The only one of this gender whose name still sounds; of two, the one who was doing something."""
        wanted = ("m", "n") if gender == "m" else ("f", "n") if gender == "f" else ("n",)
        heard = {id(m): m for named in self._named for m in named if m.count == 1 and m.gender in wanted}
        exact = [m for m in heard.values() if m.gender == gender and (gender != "n" or not m.is_human)]
        fitting = exact or [m for m in heard.values() if m.is_human == (gender != "n")]
        if len(fitting) == 1:
            return fitting[0]
        return before if before in fitting else None


def _is_named(member: Member, text: str, hits: Sequence[Hit], language: Language) -> bool:
    if naming.find_name(text, member.name.removeprefix("the "), language) >= 0:
        return True
    return any(
        hit.concept.kind == "figure"
        and naming.find_name(text, hit.spelling, language) >= 0
        and (hit.spelling.lower() in member.aliases or member.answers_to(hit.concept))
        for hit in hits
    )
