"""How many tokens a text takes, without the model's tokenizer: rather too many than too few; and what fits a model's window."""

import re
from dataclasses import dataclass, replace

from services.model_service.engines.storyboard.llm.chat import Message, PromptTooLong

_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f]")
_PLAIN = re.compile(r"[!-~]")
_SPACE = re.compile(r"\s")
_CHARACTERS_A_TOKEN = 3.0
"""Visible ASCII characters: English prose has about 3.5 a token without its spaces."""
_MESSAGE = 12
"""What a chat template adds to a message."""

SHOT = 260
"""Tokens of one shot in the answer, well counted."""
BIBLE = 650
SUMMARY = 400
_SPARE = 1.2
"""An answer may be that much longer than expected before it is cut off."""
_LEAST_ROOM = 200
_LEAST_STEP, _MOST_STEP = 1.2, 2.0
"""By how much an estimate is raised that was too low."""


def estimate(text: str) -> int:
    """Tokens that `text` takes at most in a vocabulary that knows its language: one a Chinese character, three letters else."""
    han, plain = len(_HAN.findall(text)), len(_PLAIN.findall(text))
    others = len(text) - han - plain - len(_SPACE.findall(text))
    return int(han + plain / _CHARACTERS_A_TOKEN + others * 1.5) + 1


@dataclass(frozen=True, slots=True)
class Budget:
    """A model's window, and the most tokens of one answer. `scale` corrects the estimate, by what the server says."""

    window: int
    max_tokens: int
    scale: float = 1.0

    def tokens(self, text: str) -> int:
        return int(estimate(text) * self.scale)

    def room(self, prompt: str, answer: int) -> int:
        """Tokens left for a story beside a prompt's other words and an answer of so many tokens; may be negative."""
        return self.window - self.tokens(prompt) - 3 * _MESSAGE - min(int(answer * _SPARE), self._longest)

    def answer(self, messages: list[Message]) -> int:
        """The most tokens that an answer to `messages` may take."""
        prompt = sum(self.tokens(message.content) + _MESSAGE for message in messages)
        return max(min(self.max_tokens, self.window - prompt), 64)

    @property
    def most_shots(self) -> int:
        """Shots that one answer holds beside a bible."""
        return max(1, (self._longest - BIBLE) // SHOT)

    @property
    def _longest(self) -> int:
        return min(self.max_tokens, self.window * 5 // 8)

    def narrower(self, error: PromptTooLong) -> "Budget":
        """The budget after the server has said that a prompt which seemed to fit does not."""
        window = min(self.window, error.window or self.window)
        if window < self.window:
            return replace(self, window=window)
        return replace(self, scale=self.scale * min(max(error.tokens / window, _LEAST_STEP), _MOST_STEP))

    @staticmethod
    def suffices(room: int) -> bool:
        """Whether so much room is worth a call."""
        return room >= _LEAST_ROOM
