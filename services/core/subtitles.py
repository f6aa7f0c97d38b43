"""Subtitles from spoken words: which words stand together, on which line, from when to when.

At most two lines a cue. A line of Chinese never begins with closing punctuation; lines of one cue are about equally long.
"""

import unicodedata
from collections.abc import Sequence

from services.core.requests import Cue

LINE_WIDTH = 40.0
"""Widest line, in half-width columns (a Chinese character takes two)."""


def columns(text: str) -> int:
    """Width of `text` in half-width columns."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def cues(words: Sequence[Sequence[object]], *, offset: float = 0.0) -> tuple[Cue, ...]:
    """Cues for `[text, start, end]` words, `offset` seconds later than spoken."""
    raise NotImplementedError
