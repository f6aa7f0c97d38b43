"""One question to a model: the answer read as it comes, and asked for once more where it cannot be used."""

import asyncio
import re
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar

import structlog

from services.core.errors import ContentViolation, EngineFailed, Transient
from services.core.model import Language
from services.model_service.engines.storyboard.llm.chat import CUT_OFF, Chat, Finished, Message, Schema
from services.model_service.engines.storyboard.llm.cleaning import clean, trim
from services.model_service.engines.storyboard.llm.json_stream import Element, Malformed, ObjectReader
from services.model_service.engines.storyboard.llm.prompts import Prompts, material
from services.model_service.engines.storyboard.llm.tokens import Budget

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_REFUSAL = re.compile(
    r"\b(?:I(?:['’]m| am) (?:sorry|unable|not able)"
    r"|I (?:can['’]t|cannot|won['’]t) (?:help|assist|comply|create|write|do|provide)"
    r"|as an AI)|(?:抱歉|对不起|很遗憾|我(?:无法|不能|不会))[^。]{0,40}(?:无法|不能|不会|提供|协助|帮助|生成|创作|满足)",
    re.IGNORECASE,
)
_CHARACTERS_A_TOKEN = 40
"""More than any token has: an answer longer than that did not keep to its limit."""
_AT_ONCE = 1024
"""Characters that are read before the event loop gets its turn: about 2 ms. Some servers send a whole storyboard as one piece."""
_MOST_AFTER = 64
"""Pieces that are read after the object has closed: one of them tells what it cost."""
_LONGEST_PROBLEM = 300
_LARGEST_SEED = 2**31
_READ_LESS = 0.35
"""Share of the estimated tokens below which a server has not read the whole prompt."""


@dataclass(slots=True)
class Usage:
    """What the calls of one generation cost. Tokens are the server's count; `estimated` where a stream ended without one."""

    calls: int = 0
    repairs: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    estimated: bool = False

    def to_json(self) -> dict[str, Any]:
        marked = {"estimated": True} if self.estimated else {}
        return marked | {
            "calls": self.calls,
            "repairs": self.repairs,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `lists` are the answer's lists that are read element by element; `salt` tells its chance from others'."""

    messages: Sequence[Message]
    schema: Schema
    lists: tuple[str, ...] = ()
    salt: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `problem` is empty where it is a whole JSON object."""

    text: str
    reader: ObjectReader
    problem: str


@dataclass(slots=True)
class Asker:
    """Asks on behalf of one generation. `engine` names it in errors; `changed` collects what its result's meta should say."""

    engine: str
    chat: Chat
    prompts: Prompts
    language: Language
    budget: Budget
    temperature: float | None
    seed: int
    usage: Usage
    changed: list[str] = field(default_factory=list)

    async def listen(self, question: Question, take: Callable[[Element], None] = lambda _: None) -> Answer:
        """The answer; `take` is given each element the moment it closes, and may raise Malformed.

        Raises ContentViolation when the model refuses, PromptTooLong, and the chat's errors where nothing has come before them.
        """
        messages = list(question.messages)
        limit = self.budget.answer(messages)
        reader = ObjectReader(question.lists)
        written: list[str] = []
        finished: Finished | None = None
        problem = ""
        started = monotonic()
        self.usage.calls += 1
        seed = (self.seed + question.salt) % _LARGEST_SEED
        pieces = self.chat.complete(messages, schema=question.schema, max_tokens=limit, temperature=self.temperature, seed=seed)
        try:
            async with aclosing(pieces):
                finished = await _read(pieces, reader, written, take, limit)
        except Malformed as error:
            problem = str(error)
        except Transient as error:
            if not reader.begun:
                raise
            problem = f"the connection broke before its end ({error.reason})"
        finally:
            self.usage.seconds += monotonic() - started
            self._count(messages, written, finished)
        text = "".join(written)
        if not problem:
            problem = _unfinished(reader, text, finished, limit)
        if problem:
            _log.info("a model's answer cannot be used", engine=self.engine, problem=problem, characters=len(text))
        return Answer(text, reader, problem)

    async def whole(self, question: Question, read: Callable[[dict[str, Any]], T], *, what: str = "") -> T:
        """What `read` makes of the answer's object; asked once more when it raises Malformed. Raises EngineFailed LLM_UNUSABLE."""
        problem = ""
        for attempt in range(2):
            answer = await self.listen(question)
            try:
                if answer.problem:
                    raise Malformed(answer.problem)
                return read(answer.reader.value())
            except Malformed as error:
                problem = str(error)
            if attempt == 0:
                question = self.again(question, answer, problem, what)
        raise self.unusable(problem)

    def again(self, question: Question, answer: Answer, problem: str, what: str = "") -> Question:
        """The question whole once more, with what came of it and why that cannot be used."""
        text = self.prompts.text("again", self.language, problem=said(problem), what=what)
        return self.repaired(question, answer, text, question.schema, question.lists)

    def repaired(self, question: Question, answer: Answer, text: str, schema: Schema, lists: tuple[str, ...]) -> Question:
        """A question that shows the model its own answer, and asks for `text`."""
        self.usage.repairs += 1
        budget = self.budget
        asked = sum(budget.tokens(message.content) for message in (*question.messages, Message("user", text)))
        room = max(min(budget.window - asked - budget.window // 3, budget.window // 4), 32)
        # A server that cuts its text anywhere may have left half a character, which cannot be sent back.
        own = material(answer.text.encode(errors="replace").decode())
        while budget.tokens(own) > room:
            own = "…" + own[len(own) // 4 + 1 :]
        messages = [*question.messages, Message("assistant", own or "…"), Message("user", text)]
        return Question(messages, schema, lists, question.salt + 1)

    def unusable(self, problem: str) -> EngineFailed:
        return EngineFailed("LLM_UNUSABLE", engine=self.engine, model=self.chat.model, problem=said(problem))

    def _count(self, messages: Sequence[Message], written: Sequence[str], finished: Finished | None) -> None:
        sent = sum(self.budget.tokens(message.content) for message in messages)
        if finished is None or not finished.prompt_tokens:
            self.usage.estimated = True
            self.usage.prompt_tokens += sent
            self.usage.completion_tokens += len(written)
            return
        self.usage.prompt_tokens += finished.prompt_tokens
        self.usage.completion_tokens += finished.completion_tokens
        if finished.prompt_tokens < sent * _READ_LESS:
            note = f"the server read only {finished.prompt_tokens} tokens of a prompt of about {sent}: give it a larger context"
            _log.warning("a server may have cut a prompt", engine=self.engine, read=finished.prompt_tokens, sent=sent)
            self.changed.append(note)


def said(problem: str) -> str:
    """A problem as it may stand in a prompt or an error: short, on one line, without marks."""
    return trim(material(clean(problem)), _LONGEST_PROBLEM)


async def _read(
    pieces: Any, reader: ObjectReader, written: list[str], take: Callable[[Element], None], limit: int
) -> Finished | None:
    size, after = 0, 0
    async for piece in pieces:
        if isinstance(piece, Finished):
            return piece
        after += reader.complete
        if after > _MOST_AFTER:
            return None
        written.append(piece)
        size += len(piece)
        if size > limit * _CHARACTERS_A_TOKEN:
            raise Malformed(f"it is longer than {limit} tokens")
        for at in range(0, len(piece), _AT_ONCE):
            if at:
                await asyncio.sleep(0)
            for element in reader.feed(piece[at : at + _AT_ONCE]):
                take(element)
    return None


def _unfinished(reader: ObjectReader, text: str, finished: Finished | None, limit: int) -> str:
    """Why an answer that has ended is no whole object; empty where it is one. Raises ContentViolation for a refusal in words."""
    if reader.complete:
        return ""
    if not reader.begun:
        if _REFUSAL.search(text[:2000]):
            raise ContentViolation("CONTENT_VIOLATION", problem=said(text))
        return "there is no JSON object in it"
    if finished is not None and finished.reason == CUT_OFF:
        return f"it was cut off after {limit} tokens, before its JSON was closed"
    return "it ends before its JSON is closed"
