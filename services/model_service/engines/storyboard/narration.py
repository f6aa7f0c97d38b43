"""What the narrator says over a shot: the story's own words, whole where they fit, its most telling clauses where they do not."""

import re
from collections.abc import Mapping, Sequence
from itertools import accumulate

from services.core.model import Language
from services.model_service.engines.storyboard.reading import Moment

LIMIT: Mapping[Language, int] = {Language.ZH: 40, Language.EN: 90}
"""Characters of a narration: two subtitle lines."""

_PACE = {Language.ZH: 4.2, Language.EN: 2.6}
"""Characters (Chinese) or words (English) spoken in a second."""
_BREATH = 1.2
SHORTEST, LONGEST = 3.0, 8.0
"""Seconds of a shot."""
_SILENT = 3.5

_UNPAIRED = {"“": "”", "「": "」", "『": "』"}


def seconds(narration: str) -> float:
    """How long the shot should stand for this narration to be spoken with room to breathe."""
    if not narration:
        return _SILENT
    han = sum("⺀" <= c <= "鿿" for c in narration)
    words = len(re.findall(r"[^\W⺀-鿿]+", narration))
    spoken = han / _PACE[Language.ZH] + words / _PACE[Language.EN]
    return round(min(LONGEST, max(SHORTEST, spoken + _BREATH)), 1)


def narrate(moments: Sequence[Moment], language: Language, *, opens: bool, ends: bool) -> tuple[str, tuple[Moment, ...]]:
    """The narration and the clauses that it speaks.

    `opens` and `ends` say that the story begins or ends here: then its first or its last clause is among them.
    """
    limit = LIMIT[language]
    if sum(len(m.text) for m in moments) <= limit * 1.1 and _size(moments, language) <= limit:
        return _say(moments, language), tuple(moments)
    windows = _windows(moments, limit)
    if opens:
        windows = [w for w in windows if w[0] == 0]
    elif ends:
        windows = [w for w in windows if w[1] == len(moments)]
    if opens and ends and len(moments) > 1 and _size((moments[0], moments[-1]), language) <= limit:
        chosen: tuple[Moment, ...] = (moments[0], moments[-1])
    else:
        first, last = max(windows, key=lambda w: (_worth(moments, w, limit), -w[0]))
        chosen = tuple(moments[first:last])
    return _say(chosen, language), chosen


def _windows(moments: Sequence[Moment], limit: int) -> list[tuple[int, int]]:
    """Runs of neighbouring clauses that can be spoken: the longest from each clause on, and those that end with a sentence."""
    ends = list(accumulate((len(m.text) + 1 for m in moments), initial=0))
    found = []
    last = 0
    for first in range(len(moments)):
        last = max(last, first + 1)
        while last < len(moments) and ends[last + 1] - ends[first] <= limit + 1:
            last += 1
        found += [
            (first, end) for end in range(first + 1, last + 1) if end == last or moments[end].sentence != moments[end - 1].sentence
        ]
    return found


def _worth(moments: Sequence[Moment], window: tuple[int, int], limit: int) -> float:
    """How well a run of clauses stands for the whole: whole sentences, someone acting, something to see, a turn."""
    first, last = window
    run = moments[first:last]
    begins = first == 0 or moments[first - 1].sentence != run[0].sentence
    closes = last == len(moments) or moments[last].sentence != run[-1].sentence
    acts = sum(bool(m.phrase.action) + 0.5 * bool(m.cast) + 0.2 * len(m.hits) for m in run) / len(run)
    length = sum(len(m.text) for m in run)
    headless = not begins and not run[0].phrase.subject and run[0].text.isascii()
    return (
        -3.0 * headless
        + 1.6 * begins
        + 0.8 * closes
        + min(acts, 2.5)
        + 2.0 * length / limit
        + 0.5 * min(run[0].turn, 2.0)
        - 0.6 * all(m.spoken for m in run)
    )


def _size(moments: Sequence[Moment], language: Language) -> int:
    return len(_say(moments, language))


def _say(moments: Sequence[Moment], language: Language) -> str:
    """The clauses as one line: as written, a comma at a cut made a full stop, a quotation mark left alone taken out."""
    parts: list[str] = []
    for i, moment in enumerate(moments):
        text = moment.text.replace("\n", " ").strip()
        if language is Language.EN and i and _is_cut_short(moments[i - 1], moment, last=i + 1 == len(moments)):
            text = f"and {text}"
        goes_on = i + 1 < len(moments) and moments[i + 1].start <= moment.end + 1
        parts.append(text if goes_on else _closed(text, language))
    line = ("" if language is Language.ZH else " ").join(parts)
    line = _paired(line)
    if language is Language.EN:
        line = _capital(line)
    return line


def _is_cut_short(before: Moment, moment: Moment, *, last: bool) -> bool:
    """Whether a list of deeds ends with this one only here: it wants its own "and"."""
    joins = before.sentence == moment.sentence and before.text.rstrip().endswith(",") and moment.text.rstrip().endswith(",")
    return (
        last
        and joins
        and bool(moment.phrase.beat)
        and not moment.phrase.subject
        and not moment.text.startswith(("and", "but", "then"))
    )


def _closed(text: str, language: Language) -> str:
    bare = text.rstrip(" ，、；：,;:—–-")
    if bare and (bare[-1].isalnum() or bare != text) and bare[-1] not in '。！？!?….”」』"’':
        return bare + ("。" if language is Language.ZH else ".")
    return bare


def _paired(line: str) -> str:
    for left, right in _UNPAIRED.items():
        if line.count(left) != line.count(right):
            line = line.replace(left, "").replace(right, "")
    return line.replace('"', "") if line.count('"') % 2 else line


def _capital(line: str) -> str:
    match = re.match(r"^(and then|and|but|so|then)\s+(?=\w)", line)
    line = line[match.end() :] if match else line
    at = next((i for i, c in enumerate(line) if c.isalnum()), 0)
    return line[:at] + line[at : at + 1].upper() + line[at + 1 :]
