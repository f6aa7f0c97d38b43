"""What a storyboard is asked of: a chat model that answers one object of a JSON schema, piece by piece.

Two ends are made for it: an OpenAI-compatible server (`chat_http`), and vLLM within this process.
"""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

import structlog

_log = structlog.get_logger(__name__)

T = TypeVar("T")

Schema = Mapping[str, Any]

CUT_OFF = "length"
"""The reason by which a server says that an answer ended because its tokens were used up."""


_NO_SYSTEM = re.compile(r"system\W+role|role\W+.{0,20}\bsystem|roles must alternate|only user and assistant roles", re.IGNORECASE)
"""What chat templates of models that know no system message (Gemma's, Mistral's) say when they are given one."""


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


class SystemRole:
    """Whether a model takes a system message: believed until it refuses one, and known from then on."""

    def __init__(self) -> None:
        self._taken = True

    def told(self, messages: Sequence[Message]) -> Sequence[Message]:
        """The conversation as the model takes it: without a system message, what it says stands before the first question."""
        if self._taken:
            return messages
        system, question, *rest = messages
        return [Message("user", f"{system.content}\n\n{question.content}"), *rest]

    def refused(self, told: Sequence[Message], problem: str) -> bool:
        """Whether `told` was refused for its system message, and is to be told again."""
        if told[0].role != "system" or _NO_SYSTEM.search(problem) is None:
            return False
        if self._taken:
            _log.info("the model takes no system message; its words go before the first question", problem=problem[:200])
        self._taken = False
        return True

    async def asked(self, messages: Sequence[Message], ask: Callable[[Sequence[Message]], Awaitable[T]]) -> T:
        """What `ask` makes of the conversation. Its ValueError is a refusal, and is raised when it is for another reason."""
        told = self.told(messages)
        try:
            return await ask(told)
        except ValueError as error:
            if not self.refused(told, str(error)):
                raise
        return await ask(self.told(messages))


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer: why it ended (`stop`, `length`, or empty when the server did not say), and what it cost."""

    reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


class PromptTooLong(Exception):
    """Prompt and answer together do not fit the model, which holds `window` tokens; `tokens` were asked. 0 where it did not say."""

    def __init__(self, problem: str, *, window: int = 0, tokens: int = 0) -> None:
        super().__init__(problem)
        self.window = window
        self.tokens = tokens


class Chat(Protocol):
    """A chat model. Constructing it is cheap; `load` makes it ready."""

    @property
    def model(self) -> str:
        """The model's name; known once `load` has returned."""

    @property
    def revision(self) -> str:
        """What tells these weights and their settings from others of the same name; empty when nothing is known of them."""

    def load(self) -> None:
        """Make ready, in a thread without an event loop. Raises EngineFailed; Unavailable when it is worth trying again."""

    async def context_window(self) -> int:
        """Tokens of prompt and answer together."""

    def complete(
        self, messages: Sequence[Message], *, schema: Schema, max_tokens: int, temperature: float | None, seed: int
    ) -> AsyncGenerator[str | Finished, None]:
        """The answer's text as it comes, then one `Finished`. Closing the generator stops the model.

        A stream that breaks may end without `Finished`. Raises PromptTooLong; ContentViolation when the model refuses; the errors
        of `core.errors`.
        """
