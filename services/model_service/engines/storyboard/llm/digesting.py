"""Chapters summarised by the model, at several at once, and summaries of summaries until they fit one question."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.core.errors import EngineFailed
from services.core.model import Language
from services.model_service.engines.storyboard.llm import chapters, schema, tokens
from services.model_service.engines.storyboard.llm.asking import Asker, Question
from services.model_service.engines.storyboard.llm.chat import Message
from services.model_service.engines.storyboard.llm.cleaning import clean, trim
from services.model_service.engines.storyboard.llm.json_stream import Malformed
from services.model_service.engines.storyboard.llm.prompts import material

_SALT = 1_000_000
_MOST_ROUNDS = 8
_WORDS = {Language.ZH: 220, Language.EN: 130}
"""Words (characters) of one summary."""
_LONGEST = {Language.ZH: 300, Language.EN: 900}
"""Characters of one summary, should the model write more."""
_LONGEST_LINE = 120


@dataclass(slots=True)
class Sources:
    """What a storyboard was written from: the story's `characters`, and where summaries of its chapters stood for it."""

    characters: int
    chapters: int = 0
    used_for: list[str] = field(default_factory=list)

    def summarised(self, count: int, purpose: str) -> None:
        self.chapters = max(self.chapters, count)
        self.used_for.append(purpose)

    def to_json(self) -> dict[str, Any] | None:
        """For the meta; None when the whole text was read everywhere."""
        if not self.used_for:
            return None
        return {"characters": self.characters, "chapters": self.chapters, "used_for": list(self.used_for)}


class Digester:
    """Summarises what it is given, each text once."""

    def __init__(self, asker: Asker, style: str, parallel: int) -> None:
        self._asker = asker
        self._style = style
        self._places = asyncio.Semaphore(parallel)
        self._known: dict[str, str] = {}

    @property
    def room(self) -> int:
        """Tokens of a text that one question takes."""
        bare = self._messages("", 1, 1)
        return self._asker.budget.room("\n".join(m.content for m in bare), tokens.SUMMARY)

    async def digest(self, texts: Sequence[str], room: int) -> str:
        """Summaries of the texts in their order, shortened together until they take at most `room` tokens.

        Raises EngineFailed LLM_CONTEXT_TOO_SMALL when that has no end.
        """
        budget, language = self._asker.budget, self._asker.language
        pieces = list(texts)
        for _ in range(_MOST_ROUNDS):
            pieces = await self._summaries(pieces)
            together = "\n".join(pieces)
            if budget.tokens(material(together)) <= room:
                return together
            units = [chapters.Unit(piece, 2) for piece in pieces]
            runs = chapters.chapters(units, tokens=budget.tokens, room=self.room)
            if len(runs) >= len(pieces):
                break
            pieces = [chapters.written(run, language) for run in runs]
        raise EngineFailed("LLM_CONTEXT_TOO_SMALL", engine=self._asker.engine, model=self._asker.chat.model, window=budget.window)

    async def _summaries(self, texts: Sequence[str]) -> list[str]:
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._summary(text, i, len(texts))) for i, text in enumerate(texts, 1)]
        except ExceptionGroup as failures:
            raise failures.exceptions[0] from failures
        return [task.result() for task in tasks]

    async def _summary(self, text: str, number: int, total: int) -> str:
        if text in self._known:
            return self._known[text]
        async with self._places:
            question = Question(self._messages(text, number, total), schema.summary(), salt=_SALT + number)
            self._known[text] = await self._asker.whole(question, self._told)
        return self._known[text]

    def _messages(self, text: str, number: int, total: int) -> list[Message]:
        language = self._asker.language
        return self._asker.prompts.opening(
            "summary", language, style=self._style, limit=_WORDS[language], story=material(text), number=number, total=total
        )

    def _told(self, value: Mapping[str, Any]) -> str:
        """A summary's three parts as one paragraph. Raises Malformed."""
        summary = value.get("summary")
        if not isinstance(summary, str) or not clean(summary):
            raise Malformed("summary is empty")
        language = self._asker.language
        told = [trim(clean(summary), _LONGEST[language])]
        points = value.get("turning_points")
        if isinstance(points, list):
            told += [trim(clean(p), _LONGEST_LINE) for p in points[:8] if isinstance(p, str) and clean(p)]
        people = value.get("characters")
        for person in people[:10] if isinstance(people, list) else ():
            if isinstance(person, Mapping) and isinstance(person.get("name"), str) and isinstance(person.get("look"), str):
                told.append(trim(f"{clean(person['name'])}: {clean(person['look'])}", _LONGEST_LINE))
        return ("；" if language is Language.ZH else "; ").join(told)
