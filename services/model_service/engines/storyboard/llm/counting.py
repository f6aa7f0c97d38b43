"""As many shots as were asked for, when the model has given more or fewer even after it was told so."""

import re
from collections.abc import Sequence
from dataclasses import replace

from services.core.model import Language, ShotDraft
from services.core.vocabulary import Framing, Transition
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm.drafts import retimed

_BREAK = re.compile(r"(?<=[。！？；，!?;,])|(?<=\.)(?=\s)")
_CLOSER = {
    Framing.ESTABLISHING.value: Framing.WIDE.value,
    Framing.WIDE.value: Framing.MEDIUM.value,
    Framing.MEDIUM.value: Framing.CLOSE.value,
    Framing.LOW.value: Framing.MEDIUM.value,
    Framing.CLOSE.value: Framing.DETAIL.value,
    Framing.DETAIL.value: Framing.WIDE.value,
}


def exactly(shots: Sequence[ShotDraft], wanted: int, language: Language) -> tuple[ShotDraft, ...]:
    """`wanted` shots from at least one: neighbours are joined, or the longest told is told in two; no narration is lost."""
    made = list(shots)
    while len(made) > wanted:
        at = min(range(len(made) - 1), key=lambda i: (len(made[i].narration) + len(made[i + 1].narration), i))
        made[at : at + 2] = [_joined(made[at], made[at + 1], language)]
    while len(made) < wanted:
        at = max(range(len(made)), key=lambda i: (_told(made[i]), -i))
        made[at : at + 1] = _halved(made[at])
    return tuple(made)


def _joined(one: ShotDraft, two: ShotDraft, language: Language) -> ShotDraft:
    gap = " " if language is Language.EN and one.narration and two.narration else ""
    return retimed(replace(one, narration=f"{one.narration}{gap}{two.narration}"))


def _told(draft: ShotDraft) -> float:
    return pace.spoken(draft.narration) if len(_clauses(draft.narration)) > 1 else min(pace.spoken(draft.narration), 0.5)


def _halved(draft: ShotDraft) -> list[ShotDraft]:
    """The shot in two: each tells half of it, or the second looks closer in silence where there is nothing to part."""
    clauses = _clauses(draft.narration)
    second = replace(draft, framing=_CLOSER.get(draft.framing, draft.framing), transition=Transition.NONE.value, seconds=0.0)
    if len(clauses) < 2:
        return [draft, retimed(replace(second, narration=""))]
    middle = min(range(1, len(clauses)), key=lambda i: abs(2 * len("".join(clauses[:i])) - len(draft.narration)))
    first, rest = "".join(clauses[:middle]).strip(), "".join(clauses[middle:]).strip()
    return [retimed(replace(draft, narration=first, seconds=0.0)), retimed(replace(second, narration=rest))]


def _clauses(narration: str) -> list[str]:
    return [clause for clause in _BREAK.split(narration) if any(c.isalnum() for c in clause)]
