"""What the narrator says over a shot: the story's own words, whole where they fit, its most telling lines where they do not.

A listener has not read the story. So a line that begins with a pronoun or without a subject gets the name that the story makes
clear, whoever speaks is said, and whoever has not been met yet is met first.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate, combinations

from services.core.model import Language
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.planning import Passage
from services.model_service.engines.storyboard.reading import Moment

_COMFORTABLE: Mapping[Language, int] = {Language.ZH: 25, Language.EN: 62}
"""Characters of a narration that stands for more than it says: longer ones would make the film drag."""

_MOST_PAIRED = 24
"""Sentences of a passage up to which two that do not touch are tried together."""
_LEAD = 3
"""Mentions from which on somebody must be introduced."""

_UNPAIRED = {"“": "”", "「": "」", "『": "』"}
_LINKS = {
    Language.ZH: re.compile(r"^(?:可是|但是|不过|然而|于是|然后|接着|随后|而且|所以|因为|因此|但|而|就这样|除此之外)[，,]?"),
    Language.EN: re.compile(r"^(?:(?:and then|and so|and|but|so|then|yet|or|until|while|because|though)\b[\s,]*)+", re.IGNORECASE),
}
_PRONOUN = {Language.ZH: re.compile(r"[他她它](?!们)"), Language.EN: re.compile(r"\b(?:he|she|it)\b", re.IGNORECASE)}
_DANGLING = {
    Language.ZH: re.compile(r"^(?:他们?|她们?|它们?|那|这|其|对方)"),
    Language.EN: re.compile(r"^(?:he|she|it|they|him|her|them|his|their|its|this|that|those|these|there)\b", re.IGNORECASE),
}
_LOOSE = re.compile(
    r"[\s,;:—–-]+(?:and|but|or|so|then|while|when|as|until|because|the|an?|of|to|with|in|on|at|from|by|for|that|who|which)$",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"^(?:“[^“”]*”|「[^「」]*」|『[^『』]*』|\"[^\"]*\"|‘[^‘]*’)$")
_PAUSE = re.compile(r"[，；：、,;:—]|\s(?=(?:and|but|then|while|as|until)\s)")
_RELATIVE = re.compile(r"^(?:who|which|that|where|whose|when|while|as)\b", re.IGNORECASE)
_STRESSED = re.compile(r"([.,])([”\"’])$")

Run = tuple[Moment, ...]


class Narrator:
    """Tells one story, shot by shot and in order."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._met: set[int] = set()
        self._last: Moment | None = None
        self._line = ""

    def narrate(self, passage: Passage, *, opens: bool, ends: bool) -> tuple[str, Run]:
        """The narration and the clauses that it speaks; "" for a silent passage or one that repeats the last line.

        `opens` and `ends` say that the story begins or ends here: then its first or its last clause is among them.
        """
        moments = passage.moments
        if passage.silent:
            return "", moments
        runs, line = self._choose(moments, opens=opens, ends=ends)
        told = tuple(m for run in runs for m in run)
        self._met.update(id(member) for m in told for member in m.cast)
        self._last = told[-1]
        if line == self._line:
            return "", told
        self._line = line
        return line, told

    def _choose(self, moments: Run, *, opens: bool, ends: bool) -> tuple[list[Run], str]:
        whole = self._say([moments])
        if len(whole) <= pace.LIMIT[self._language] and pace.fits(whole):
            return [moments], whole
        values = [_value(m) for m in moments]
        best: tuple[float, list[Run], str] | None = None
        for spans in self._candidates(moments, opens=opens, ends=ends):
            runs = [moments[first:last] for first, last in spans]
            line = self._say(runs)
            if len(line) > pace.LIMIT[self._language] or not pace.fits(line):
                continue
            worth = self._worth(moments, values, spans, line)
            if best is None or worth > best[0]:
                best = worth, runs, line
        if best is not None:
            return best[1], best[2]
        only = moments[:1] if opens or not ends else moments[-1:]
        return [only], _trimmed(self._say([only]), self._language)

    def _candidates(self, moments: Run, *, opens: bool, ends: bool) -> Iterator[list[tuple[int, int]]]:
        limit = pace.LIMIT[self._language]
        windows = list(_windows(moments, limit))
        count = len(moments)
        for window in windows:
            if (not opens or window[0] == 0) and (not ends or window[1] == count):
                yield [window]
        starts = [i for i in range(count) if i == 0 or moments[i - 1].sentence != moments[i].sentence]
        if len(starts) <= _MOST_PAIRED or (opens and ends):
            sentences = [(a, b) for a, b in windows if a in starts and (b == count or b in starts)]
            sentences += [w for w in windows if w[0] == 0 and opens] + [w for w in windows if w[1] == count and ends]
            for one, two in combinations(sorted(set(sentences))[: 4 * _MOST_PAIRED], 2):
                fitting = (not opens or one[0] == 0) and (not ends or two[1] == count)
                if one[1] < two[0] and fitting and _length(moments[slice(*one)]) + _length(moments[slice(*two)]) <= limit:
                    yield [one, two]
        if opens and ends and count > 1:
            yield [(0, 1), (count - 1, count)]
        elif opens:
            yield [(0, 1)]
        elif ends:
            yield [(count - 1, count)]

    def _worth(self, moments: Run, values: Sequence[float], spans: Sequence[tuple[int, int]], line: str) -> float:
        """How well some runs of clauses stand for the whole: whole sentences, someone acting, something to see, a turn."""
        worth = 0.0
        told = [i for first, last in spans for i in range(first, last)]
        for first, last in spans:
            begins = first == 0 or moments[first - 1].sentence != moments[first].sentence
            closes = last == len(moments) or moments[last].sentence != moments[last - 1].sentence
            worth += (1.6 * begins + 0.8 * closes) / len(spans)
            worth += (0.5 * min(moments[first].turn, 2.0)) / len(spans)
            worth -= 0.6 * all(m.spoken for m in moments[first:last])
            worth -= 0.9 * self._dangles(moments[first], self._say([moments[first:last]]))
        worth += min(sum(values[i] for i in told) / len(told), 2.5)
        comfortable = _COMFORTABLE[self._language]
        worth += 1.8 * min(len(line) / comfortable, 1.0) - 0.9 * max(0.0, len(line) / comfortable - 1.0)
        here = {id(m): m for i in told for m in moments[i].cast}
        introduced = {id(m) for i in told for m in moments[i].new}
        for key, member in here.items():
            if member.mentions >= _LEAD and key not in self._met:
                worth += 0.9 if key in introduced else -0.3
        return worth - 0.25 * (len(spans) - 1)

    def _dangles(self, moment: Moment, line: str) -> bool:
        """Whether the line begins with a word for somebody or something that the listener cannot know."""
        last = self._last
        if last is not None and (_follows(last, moment) or (moment.doer is not None and last.doer is moment.doer)):
            return False
        return bool(_DANGLING[self._language].match(line.lstrip('“"「‘')))

    def _say(self, runs: Sequence[Run]) -> str:
        """The clauses as one line: as written, a comma at a cut made a full stop, a quotation mark left alone taken out."""
        parts: list[str] = []
        last = self._last
        for run in runs:
            line = self._run(run, last)
            if line:
                parts.append(line)
            last = run[-1]
        return ("" if self._language is Language.ZH else " ").join(parts)

    def _run(self, run: Run, last: Moment | None) -> str:
        parts = []
        for i, moment in enumerate(run):
            text = moment.text.replace("\n", " ").strip()
            if i == 0:
                text = self._head(moment, text, last)
            elif self._language is Language.EN and _is_cut_short(run[i - 1], moment, last=i + 1 == len(run)):
                text = f"and {text}"
            parts.append(text)
        line = _paired(_closed(("" if self._language is Language.ZH else " ").join(parts), self._language))
        line = self._attributed(run, line, last)
        return _capital(line) if self._language is Language.EN else line

    def _head(self, moment: Moment, text: str, last: Moment | None) -> str:
        """The run's first clause with the name that it leaves out or only points to, where a listener needs it."""
        language = self._language
        follows = last is not None and _follows(last, moment)
        if not follows or language is Language.EN:
            bare = _LINKS[language].sub("", text)
            text = bare if len(bare) > 1 and any(c.isalnum() for c in bare) else text
        doer = moment.doer
        if doer is None or moment.spoken or doer.count > 1:
            return text
        is_known = last is not None and last.doer is doer
        subject = moment.phrase.subject
        name = doer.name
        if _PRONOUN[language].fullmatch(subject[:1] if language is Language.ZH else subject):
            if follows or is_known:
                return text
            at = _PRONOUN[language].search(text)
            is_first = at is not None and not any(c in '“"「' for c in text[: at.start()])
            return text[: at.start()] + name + text[at.end() :] if at and is_first else text
        if subject or not moment.phrase.beat:
            return text
        if language is Language.EN and _RELATIVE.match(text):
            return text
        if language is Language.EN:
            return f"{name} {text[:1].lower()}{text[1:]}" if last is not None and last.sentence == moment.sentence else text
        return text if follows or is_known else f"{name}{text}"

    def _attributed(self, run: Run, line: str, last: Moment | None) -> str:
        """A line of dialogue that stands alone, with who says it."""
        speaker = run[0].doer
        if not _QUOTED.match(line) or speaker is None or speaker.count > 1 or (last is not None and _heard(last, run[0])):
            return line
        name = speaker.name
        if self._language is Language.ZH:
            return f"{name}说：{line}"
        spoken = _STRESSED.sub(r",\2", line)
        return f"{spoken} said {name}."


def _heard(last: Moment, moment: Moment) -> bool:
    """Whether the listener has just heard who says this."""
    return _follows(last, moment) and last.doer is moment.doer


def _follows(last: Moment, moment: Moment) -> bool:
    """Whether nothing is left out between the two."""
    return 0 <= moment.start - last.end <= 2


def _value(moment: Moment) -> float:
    """How much a clause shows: somebody, a deed, things and places."""
    return bool(moment.phrase.action) + 0.5 * bool(moment.cast) + 0.2 * min(len(moment.hits), 4)


def _windows(moments: Run, limit: int) -> Iterator[tuple[int, int]]:
    """Runs of neighbouring clauses that can be spoken."""
    ends = list(accumulate((len(m.text) + 1 for m in moments), initial=0))
    for first in range(len(moments)):
        for last in range(first + 1, len(moments) + 1):
            if last > first + 1 and ends[last] - ends[first] > limit + 1:
                break
            yield first, last


def _length(moments: Sequence[Moment]) -> int:
    return sum(len(m.text) for m in moments)


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
    if language is Language.EN:
        while (shorter := _LOOSE.sub("", bare)) != bare:
            bare = shorter.rstrip(" ,;:—–-")
    if bare and (bare[-1].isalnum() or bare != text) and bare[-1] not in '。！？!?….”」』"’':
        return bare + ("。" if language is Language.ZH else ".")
    return bare


def _paired(line: str) -> str:
    """A quotation that is cut gets the mark that it lost."""
    for left, right in _UNPAIRED.items():
        if line.count(left) > line.count(right):
            line += right
        elif line.count(left) < line.count(right):
            line = left + line
    if line.count('"') % 2:
        at = line.rindex('"')
        opens = line[at + 1 : at + 2].isalnum() and not line[at - 1 : at].isalnum()
        line = f'{line}"' if opens else f'"{line}'
    return line


def _capital(line: str) -> str:
    at = next((i for i, c in enumerate(line) if c.isalnum()), 0)
    return line[:at] + line[at : at + 1].upper() + line[at + 1 :]


def _trimmed(line: str, language: Language) -> str:
    """As much from the line's beginning as stands on two subtitle lines: rather up to a pause, else up to a word's end."""
    while len(closed := _closed(line, language)) > pace.LIMIT[language] or not pace.fits(closed):
        shorter = line[: min(pace.LIMIT[language], len(line) - 1)].rstrip()
        pause = max((m.start() for m in _PAUSE.finditer(shorter)), default=0)
        if pause * 2 > len(shorter):
            shorter = shorter[:pause]
        elif " " in shorter and not line[len(shorter) : len(shorter) + 1].isspace():
            shorter = shorter.rpartition(" ")[0] or shorter
        line = shorter
    return closed
