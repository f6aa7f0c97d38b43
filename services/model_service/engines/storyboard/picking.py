"""Choices that look free and are not: the same words give the same choice, in every process and on every machine."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def number(*words: object) -> int:
    """A number from 0 to 2³² - 1 that only `words` decide."""
    return int.from_bytes(hashlib.sha256("\x1f".join(map(str, words)).encode("utf-8", "replace")).digest()[:4])


def pick(options: Sequence[T], *words: object) -> T:
    """One of `options`, which must not be empty, as `words` decide."""
    return options[number(*words) % len(options)]


class Deck:
    """Gives options one after another and repeats none before all of its pool have been seen."""

    def __init__(self, *words: object) -> None:
        self._words = words
        self._seen: dict[str, int] = {}

    def draw(self, options: Sequence[str], *words: object) -> str:
        """The option seen least often so far; `words` decide between equals."""
        least = min(self._seen.get(option, 0) for option in options)
        fresh = [option for option in options if self._seen.get(option, 0) == least]
        chosen = pick(fresh, *self._words, *words)
        self._seen[chosen] = least + 1
        return chosen

    def seen(self, option: str) -> bool:
        return option in self._seen
