"""A JSON object read while it is still being written: each element of its lists is given out the moment it closes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_DEEPEST = 32
_THOUGHT, _THOUGHT_OVER = "<think>", "</think>"
_MOST_PREAMBLE = 200_000
_BRACKETS = {"}": "{", "]": "["}


class Malformed(Exception):
    """What was written is not what was asked for; the message says what is wrong, and where, for the model to mend."""


@dataclass(frozen=True, slots=True)
class Element:
    """An object that stands in the list `key` of the outermost object, at `index` (from 0)."""

    key: str
    index: int
    value: dict[str, Any]


class ObjectReader:
    """Reads one JSON object from text in pieces of any size.

    Text before its first brace is skipped (a code fence, a model's thoughts), text after its last one ignored. `lists` are the
    keys whose lists of objects are given out element by element.
    """

    def __init__(self, lists: Sequence[str]) -> None:
        self._lists = frozenset(lists)
        self._skipped = 0
        self._tail = ""
        self._thinks = False
        self._written: list[str] = []
        self._open: list[str] = []
        self._quoted = self._escaped = self._expects_key = self._over = False
        self._string: list[str] = []
        self._key = ""
        self._element: list[str] | None = None
        self._counts: dict[str, int] = {}

    @property
    def complete(self) -> bool:
        """Whether the object has been closed."""
        return self._over

    @property
    def begun(self) -> bool:
        return bool(self._written)

    def feed(self, text: str) -> Iterator[Element]:
        """Take the next piece; the elements that close within it. Raises Malformed; what was given out before it stays good."""
        if not self._written:
            text = self._after_preamble(text)
        for character in text:
            if self._over:
                return
            self._written.append(character)
            if self._element is not None:
                self._element.append(character)
            if self._quoted:
                self._in_string(character)
            else:
                yield from self._outside(character)

    def value(self) -> dict[str, Any]:
        """The whole object. Raises Malformed when it is not closed, or not JSON."""
        if not self._written:
            raise Malformed("there is no JSON object in it")
        if not self._over:
            raise Malformed(f"it ends before its JSON is closed ({' '.join(self._open)} still open)")
        found: dict[str, Any] = _parsed("".join(self._written), "the object")
        return found

    def _after_preamble(self, text: str) -> str:
        """What begins with the object's first brace; empty before it. Of the rest an end is kept, which may be half a mark."""
        rest, self._tail = self._tail + text, ""
        while True:
            start = rest.find("{") if not self._thinks else -1
            mark = _THOUGHT_OVER if self._thinks else _THOUGHT
            at = rest.find(mark, 0, start if start >= 0 else None)
            if at >= 0:
                self._thinks = not self._thinks
                rest = rest[at + len(mark) :]
            elif start >= 0:
                return rest[start:]
            else:
                break
        self._skipped += len(text)
        if self._skipped > _MOST_PREAMBLE:
            raise Malformed("there is no JSON object in it")
        self._tail = rest[1 - len(mark) :]
        return ""

    def _in_string(self, character: str) -> None:
        if self._escaped:
            self._escaped = False
        elif character == "\\":
            self._escaped = True
        elif character == '"':
            self._quoted = False
            if self._expects_key and len(self._open) == 1:
                self._key = str(_parsed(f'"{"".join(self._string)}"', "a key"))
                self._expects_key = False
            return
        if len(self._open) == 1:
            self._string.append(character)

    def _outside(self, character: str) -> Iterator[Element]:
        if character == '"':
            self._quoted, self._string = True, []
        elif character in "{[":
            self._opens(character)
        elif character in "}]":
            yield from self._closes(character)
        elif character == "," and len(self._open) == 1:
            self._expects_key = True
        elif not character.isspace() and character != "," and self._in_list():
            raise Malformed(f"{self._where()} is not an object")

    def _opens(self, character: str) -> None:
        if not self._open:
            self._expects_key = True
        elif self._in_list():
            if character != "{":
                raise Malformed(f"{self._where()} is not an object")
            self._element = ["{"]
        self._open.append(character)
        if len(self._open) > _DEEPEST:
            raise Malformed("it is nested too deeply")

    def _closes(self, character: str) -> Iterator[Element]:
        if not self._open or self._open.pop() != _BRACKETS[character]:
            raise Malformed(f"a {character} closes what was not opened with {_BRACKETS[character]}")
        self._over = not self._open
        if self._element is not None and self._in_list():
            where = self._where()
            value = _parsed("".join(self._element), where)
            self._element = None
            index = self._counts.get(self._key, 0)
            self._counts[self._key] = index + 1
            yield Element(self._key, index, value)

    def _in_list(self) -> bool:
        return self._open == ["{", "["] and self._key in self._lists

    def _where(self) -> str:
        return f"{self._key}[{self._counts.get(self._key, 0)}]"


def _parsed(text: str, where: str) -> Any:
    # Some servers let raw control characters into strings: these are cleaned later, and no reason to ask again.
    try:
        return json.loads(text, strict=False, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{where} is not JSON: {error}") from None


def _no_number(_name: str) -> float:
    return 0.0
