"""The thing that `it` stands for: the one that was named last, picked up, opened or left lying in the clause after."""

import re
from collections.abc import Sequence

from services.core.model import Language
from services.model_service.engines.storyboard.lexicon import Hit, Lexicon

_REACH = 3
"""Clauses after which `it` no longer means a thing that has not been named since."""

_IT = {
    Language.ZH: re.compile(r"(?:把|[着了起给到开住下])(它)(?!们)|^(它)(?=[躺放挂亮掉碎落停])"),
    Language.EN: re.compile(
        r"\b(?:with|carr\w+|h[eo]ld\w*|pick\w*|t[ao]k\w+|took|open\w*|found|put|laid|lay|lit|lift\w*|hung|g[ai]ve|saw|threw|caught"
        r"|drop\w*|read|touch\w*|turn\w*|clos\w+|wrapp?\w*|mend\w*|fix\w*|brought)\s(it)\b"
        r"|^\W*(it)(?= (?:lay|stood|fell|shone|hung|glowed|opened|was (?:broken|empty|open|full|gone)))",
        re.IGNORECASE,
    ),
}


_RUNG = re.compile(r"(?:又|再|轻轻|用力|使劲)([摇敲吹弹])(?=了?[一两几三][下声遍])")
"""A deed that is done again to the thing in the hand, whatever has been told between."""
_STILL_HELD = 9
"""Clauses for which somebody who has raised a thing to sound it still has it in the hand."""
_SOUNDS = frozenset({"bell", "drum", "flute", "trumpet", "wind chime", "guqin", "erhu"})


class Pointed:
    """Remembers the last thing; `at` is called for clause after clause, in order."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._last: Hit | None = None
        self._age = 0
        self._sounding: Hit | None = None
        self._silent = 0

    def at(self, clause: str, hits: Sequence[Hit], lexicon: Lexicon) -> list[Hit]:
        """The thing that a pronoun of this clause points to, as if it were named there; none where the clause names one."""
        self._age += 1
        named = [h for h in hits if h.concept.kind == "prop"]
        if named:
            self._last, self._age = named[-1], 0
            self._sounding = next((h for h in named if h.concept.slug in _SOUNDS), self._sounding)
            self._silent = 0
            return []
        self._silent += 1
        again = _RUNG.search(clause) if self._language is Language.ZH else None
        if again is not None and self._sounding is not None and self._silent <= _STILL_HELD:
            self._silent = 0
            return [Hit(self._sounding.concept, again.start(1), again.end(1), self._sounding.spelling)]
        if any(h.concept.kind == "figure" and not _is_person(h) for h in hits):
            self._last = None  # `it` is the animal now
        match = _IT[self._language].search(clause)
        if match is None or self._last is None or self._age > _REACH:
            return []
        self._age = 0
        at = match.start(1) if match.group(1) else match.start(2)
        name = self._last.spelling
        return [Hit(lexicon.get("prop", self._last.concept.slug), at, at + len(match.group(1) or match.group(2)), name)]


def _is_person(hit: Hit) -> bool:
    return hit.concept.being in ("adult", "pair", "child", "old", "warrior", "crowd")
