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


class Pointed:
    """Remembers the last thing; `at` is called for clause after clause, in order."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._last: Hit | None = None
        self._age = 0

    def at(self, clause: str, hits: Sequence[Hit], lexicon: Lexicon) -> list[Hit]:
        """The thing that a pronoun of this clause points to, as if it were named there; none where the clause names one."""
        self._age += 1
        named = [h for h in hits if h.concept.kind == "prop"]
        if named:
            self._last, self._age = named[-1], 0
            return []
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
