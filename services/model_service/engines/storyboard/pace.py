"""How long words take to be spoken, and how many of them fit under a picture."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from functools import lru_cache
from itertools import accumulate

from services.core.model import Language
from services.core.subtitles import LINE_WIDTH, columns

LIMIT: Mapping[Language, int] = {Language.ZH: 40, Language.EN: 80}
"""Characters of a narration: two subtitle lines."""

IDEAL = 5.2
"""Seconds of narration over a shot, without the breath before and after it."""

_HAN_PACE = 4.2
"""Chinese characters spoken in a second."""
_WORD_PACE = 2.6
"""Other words spoken in a second."""
_BREATH = 1.2
SHORTEST, LONGEST = 3.0, 11.0
"""Seconds of a shot."""
_SILENT = 3.5

_HAN = re.compile(r"[⺀-鿿]")
_WORDS = re.compile(r"[^\W⺀-鿿]+(?:['’-][^\W⺀-鿿]+)*")
_CJK = 0x2E80
_NEVER_FIRST = frozenset("，。！？；：、…—”’」』）】》,.!?;:)\"'")
_NEVER_LAST = frozenset("“‘「『（【《(")


def spoken(text: str) -> float:
    """Seconds that a narrator needs for `text`."""
    return len(_HAN.findall(text)) / _HAN_PACE + len(_WORDS.findall(text)) / _WORD_PACE


def seconds(narration: str) -> float:
    """How long a shot should stand for this narration to be spoken with room to breathe."""
    if not narration:
        return _SILENT
    return round(min(LONGEST, max(SHORTEST, spoken(narration) + _BREATH)), 1)


def fits(narration: str) -> bool:
    """Whether the narration stands on two subtitle lines."""
    ends = list(accumulate(map(_width, narration), initial=0))
    if ends[-1] <= LINE_WIDTH:
        return True
    if ends[-1] > 2 * LINE_WIDTH:
        return False
    first = bisect_left(ends, ends[-1] - LINE_WIDTH - 1)  # a space where the line breaks is not shown
    last = bisect_right(ends, LINE_WIDTH + 1)
    return any(_breaks(narration, at) for at in range(max(first, 1), min(last, len(narration))))


@lru_cache(maxsize=4096)
def _width(character: str) -> int:
    return columns(character)


def _breaks(text: str, at: int) -> bool:
    left, right = text[:at].rstrip(), text[at:].lstrip()
    if not left or not right or right[0] in _NEVER_FIRST or left[-1] in _NEVER_LAST:
        return False
    between_words = text[at - 1].isspace() or text[at].isspace() or ord(text[at]) > _CJK or ord(text[at - 1]) > _CJK
    return between_words and columns(left) <= LINE_WIDTH and columns(right) <= LINE_WIDTH
