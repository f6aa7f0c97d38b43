"""A story made into a storyboard by a model: at once where it fits the model's window, otherwise chapter by chapter.

A long story is mapped and reduced: its chapters are summarised, the bible is made once from all summaries, and each chapter's
shots are written from its full text with that bible. Nothing is cut: what was written from a summary is said in the meta.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from services.core.errors import EngineFailed
from services.core.model import BibleEntry, Language, ShotDraft, Storyboard
from services.core.requests import StoryboardRequest
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm import chapters, schema, tokens
from services.model_service.engines.storyboard.llm.asking import Asker, Question
from services.model_service.engines.storyboard.llm.board import OnPart, Run, Scribe
from services.model_service.engines.storyboard.llm.chapters import Unit
from services.model_service.engines.storyboard.llm.chat import Message
from services.model_service.engines.storyboard.llm.cleaning import trim
from services.model_service.engines.storyboard.llm.digesting import Digester, Sources
from services.model_service.engines.storyboard.llm.drafts import Reader
from services.model_service.engines.storyboard.llm.prompts import material

Report = Callable[[float, str], None]
"""Told how far it is, from 0 to 1, and what is being done."""

_NOTES = 1000
"""Tokens for the bible and what went before, in a chapter's question."""
_NARRATED = 9.0
"""Seconds of narration that a shot bears well."""
_WORDS_A_SECOND = {Language.ZH: 4.2, Language.EN: 2.6}
_FEWEST_WORDS = 8
_LOOK = 160
_BEFORE = 2
_BIBLE_SALT = 500_000


@dataclass(frozen=True, slots=True)
class _Part:
    """What one question after another tells: `count` shots from `units`, or from their summary where that is `told`."""

    units: tuple[Unit, ...]
    count: int
    told: str = ""


class Director:
    """Makes one storyboard. `story` is the request's text as `segmentation.plain` gives it; `style` is a clean word for it.

    `parallel` chapters are summarised at once.
    """

    def __init__(
        self,
        request: StoryboardRequest,
        story: str,
        style: str,
        asker: Asker,
        reader: Reader,
        *,
        parallel: int,
        report: Report,
        on_part: OnPart,
    ) -> None:
        self._language = request.language
        self._title = material(request.title.strip())
        self._story = story
        self._style = style
        self._asker, self._budget, self._prompts = asker, asker.budget, asker.prompts
        self._count = request.shots or chapters.fitting(story)
        self._report = report
        self._on_part = on_part
        self._done = 0
        self._reader = reader
        self._parallel = parallel
        self._scribe = Scribe(asker, reader, self._landed)
        self._words = self._narration_length()
        self.sources = Sources(len(story))

    async def make(self) -> Storyboard:
        """Raises PromptTooLong when the model holds less than it said; EngineFailed LLM_UNUSABLE, LLM_CONTEXT_TOO_SMALL."""
        self._report(0.0, "reading")
        units = chapters.units(self._story, self._language, tokens=self._budget.tokens, room=max(self._room(1), 32))
        if self._fits_whole():
            beats = chapters.beats(units, self._count, self._language)
            messages = self._question("storyboard", self._story, beats, self._count)
            shots = await self._scribe.write(Run(messages, 1, self._count, beats, bible=True))
            return Storyboard(shots, self._scribe.bible)
        return await self._in_parts(units)

    # -- at once -----------------------------------------------------------------------------------------------------------------

    def _fits_whole(self) -> bool:
        if self._count > self._budget.most_shots:
            return False
        bare = self._opening("storyboard", story="", count=self._count, marks=self._marks(self._count))
        answer = tokens.BIBLE + self._count * tokens.SHOT
        needed = self._budget.tokens(material(self._story)) + 4 * self._count
        return needed <= self._budget.room(_text(bare), answer)

    def _question(self, name: str, story: str, beats: Sequence[str], count: int, **values: Any) -> list[Message]:
        """A prompt over `story`, or over its beats, each marked with the shot that tells it."""
        if beats:
            told = "\n".join(f"⟦{number}⟧ {material(beat)}" for number, beat in enumerate(beats, 1))
            return self._opening(name, story=told, count=count, marks=self._marks(count), **values)
        return self._opening(name, story=material(story), count=count, marks="", **values)

    # -- in parts ----------------------------------------------------------------------------------------------------------------

    async def _in_parts(self, units: list[Unit]) -> Storyboard:
        each = self._shots_a_question()
        digester = Digester(self._asker, self._style, self._parallel)
        room = min(self._room(each), digester.room)
        if not self._budget.suffices(room):
            raise EngineFailed(
                "LLM_CONTEXT_TOO_SMALL", engine=self._asker.engine, model=self._asker.chat.model, window=self._budget.window
            )
        runs = chapters.chapters(
            units, tokens=self._budget.tokens, room=room, at_least=min(math.ceil(self._count / each), len(units))
        )
        bible = self._scribe.bible = await self._bible(runs, digester)
        shots: list[ShotDraft] = []
        for part in await self._parts(runs, digester, room):
            beats = [] if part.told else chapters.beats(part.units, part.count, self._language)
            for start in range(0, part.count, each):
                count = min(each, part.count - start)
                shots += await self._write(part, count, beats[start : start + count], shots, bible)
        return Storyboard(tuple(shots), bible)

    async def _bible(self, runs: list[list[Unit]], digester: Digester) -> tuple[BibleEntry, ...]:
        """Made from the whole story where that fits one question, else from the summaries of its chapters."""
        room = self._budget.room(_text(self._opening("bible", story="", condensed="")), tokens.BIBLE)
        story, condensed = self._story, ""
        if self._budget.tokens(material(story)) > room:
            self._report(0.02, "summarising")
            story = await digester.digest([chapters.written(run, self._language) for run in runs], room)
            condensed = self._prompts.words("condensed", self._language)
            self.sources.summarised(len(runs), "bible")
        self._report(0.08, "bible")
        messages = self._opening("bible", story=material(story), condensed=condensed)
        question = Question(messages, schema.bible(self._language), salt=_BIBLE_SALT)
        return await self._asker.whole(question, self._reader.bible)

    async def _parts(self, runs: list[list[Unit]], digester: Digester, room: int) -> list[_Part]:
        """The shots shared out by weight over the chapters; where there are more of those than shots, neighbours are gathered."""
        weights = [sum(pace.spoken(unit.text) for unit in run) for run in runs]
        spans = chapters.gathered(weights, self._count)
        shares = chapters.shared([sum(weights[a:b]) for a, b in spans], self._count)
        parts: list[_Part] = []
        for (a, b), share in zip(spans, shares, strict=True):
            units = tuple(unit for run in runs[a:b] for unit in run)
            told = ""
            if b - a > 1 and self._budget.tokens(material(chapters.written(units, self._language))) > room:
                told = await digester.digest([chapters.written(run, self._language) for run in runs[a:b]], room)
                self.sources.summarised(len(runs), f"shot {sum(part.count for part in parts) + 1}")
            parts.append(_Part(units, share, told))
        return parts

    async def _write(
        self, part: _Part, count: int, beats: Sequence[str], before: Sequence[ShotDraft], bible: tuple[BibleEntry, ...]
    ) -> tuple[ShotDraft, ...]:
        first = len(before) + 1
        narrated = "\n".join(material(shot.narration or shot.description) for shot in before[-_BEFORE:])
        values = {
            "bible": self._described(bible),
            "before": narrated or self._prompts.words("nothing", self._language),
            "total": self._count,
            "first": first,
            "last": first + count - 1,
            "condensed": self._prompts.words("condensed", self._language) if part.told else "",
        }
        story = part.told or chapters.written(part.units, self._language)
        messages = self._question("shots", story, beats, count, **values)
        return await self._scribe.write(Run(messages, first, count, beats))

    def _shots_a_question(self) -> int:
        """How many shots one question asks for: as many as its answer holds and leave room for the part that they tell."""
        needed = self._budget.tokens(material(self._story)) / self._count
        most = min(self._budget.most_shots, self._count)
        fitting = (each for each in range(most, 0, -1) if self._room(each) >= max(each * needed, 2 * tokens.SHOT))
        return next(fitting, min(most, 2))

    def _room(self, each: int) -> int:
        numbers = {"total": self._count, "first": 1, "last": each, "count": each}
        bare = self._opening(
            "shots", story="", bible="", before="", condensed=self._prompts.words("condensed", self._language),
            marks=self._marks(each), **numbers,
        )  # fmt: skip
        return self._budget.room(_text(bare), each * tokens.SHOT) - _NOTES - 4 * each

    # -- words -------------------------------------------------------------------------------------------------------------------

    def _opening(self, name: str, **values: Any) -> list[Message]:
        return self._prompts.opening(name, self._language, style=self._style, words=self._words, title=self._title, **values)

    def _marks(self, count: int) -> str:
        return self._prompts.words("marks", self._language, count=count)

    def _described(self, bible: tuple[BibleEntry, ...]) -> str:
        lines: list[str] = []
        for entry in bible:
            line = f"- {entry.kind} {material(entry.name)}: {material(trim(entry.look, _LOOK))}"
            line += f" ({material(trim(entry.look_en, _LOOK))})" if entry.look_en else ""
            if self._budget.tokens("\n".join([*lines, line])) > _NOTES * 3 // 4:
                break
            lines.append(line)
        return "\n".join(lines) or self._prompts.words("nothing", self._language)

    def _narration_length(self) -> int:
        each = min(pace.spoken(self._story) / self._count, _NARRATED)
        return max(_FEWEST_WORDS, round(each * _WORDS_A_SECOND[self._language]))

    def _landed(self, part: Storyboard) -> None:
        self._done = max(self._done, len(part.shots))
        self._report(0.1 + 0.9 * self._done / self._count, "writing")
        self._on_part(part)


def _text(messages: list[Message]) -> str:
    return "\n".join(message.content for message in messages)
