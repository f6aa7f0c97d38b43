"""The words that a model is asked with: files in Chinese and English, whose digest is part of the engine's revision.

What users wrote is put between marks that cannot occur in it, so that where it begins and ends is never in doubt.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from string import Template
from typing import Any, Self

from services.core.model import Language
from services.model_service.engines.storyboard.llm.chat import Message

_PACKAGE = "services.model_service.engines.storyboard.llm"
_NAMES = ("system", "craft", "storyboard", "bible", "shots", "summary", "rewrite", "again", "rest")
_WITH_CRAFT = ("storyboard", "shots", "rewrite")
"""Questions that ask for shots, and need the rules of their fields."""
_MARKS = str.maketrans({"⟦": "[", "⟧": "]", "<": "‹", ">": "›"})
_TEMPLATE_TOKEN = re.compile(r"\[(/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS)/?)\]", re.IGNORECASE)


def material(text: str) -> str:
    """`text` as it may stand between marks: without marks of its own, and without what chat templates take for their tokens.

    A tokenizer may read `<|im_end|>` or `[/INST]` in a user's text as the end of the user's turn: angle brackets become
    guillemets, and such words in square brackets get round ones.
    """
    return _TEMPLATE_TOKEN.sub(r"(\1)", text.translate(_MARKS))


@dataclass(frozen=True, slots=True)
class Prompts:
    """The prompts of both languages. `digest` changes with every letter of them."""

    digest: str
    _texts: Mapping[Language, Mapping[str, Template]]
    _words: Mapping[Language, Mapping[str, Template]]

    @classmethod
    def read(cls) -> Self:
        """Read the files that come with the package."""
        digest = hashlib.sha256()
        texts, words = {}, {}
        for language in Language:
            folder = files(_PACKAGE) / "prompts" / language.value
            found = {}
            for name in _NAMES:
                text = (folder / f"{name}.txt").read_text("utf-8")
                digest.update(text.encode())
                found[name] = Template(text.strip())
            pieces = (folder / "words.toml").read_text("utf-8")
            digest.update(pieces.encode())
            texts[language] = found
            words[language] = {key: Template(value) for key, value in tomllib.loads(pieces).items()}
        return cls(digest.hexdigest(), texts, words)

    def words(self, name: str, language: Language, **values: Any) -> str:
        """A piece that is put into a prompt."""
        return self._words[language][name].substitute(values)

    def text(self, name: str, language: Language, **values: Any) -> str:
        """A prompt with its values; those that users wrote have been through `material`."""
        return self._texts[language][name].substitute(values)

    def rules(self, language: Language) -> str:
        """All that a model is told of how to write."""
        return "\n".join(self._texts[language][name].template for name in ("system", "craft"))

    def opening(self, name: str, language: Language, *, style: str, words: int = 0, **values: Any) -> list[Message]:
        """The two messages that a call begins with: the rules, and what is asked. `words` is the length of a shot's narration."""
        rules = self.text("system", language, style=style)
        if name in _WITH_CRAFT:
            length = self.words("length", language, words=words)
            rules = f"{rules}\n\n{self.text('craft', language, length=length)}"
        return [Message("system", rules), Message("user", self.text(name, language, style=style, **values))]
