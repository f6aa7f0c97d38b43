"""Chinese text cut into words by jieba, with a dictionary that takes a tenth of jieba's memory.

jieba keeps its 349,000 words and all their beginnings in a table of 66 MB and their tags in one of 56 MB, for each tokenizer.
Here the packaged file stays what it is, 5 MB of text grouped by the words' first characters, and only the words of characters
that a text has become a table. What is cut stays the same to the last word.
"""

import re
import warnings
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # jieba 0.42 has unescaped backslashes in its patterns
    import jieba

_AT_HAND = 1024
"""First characters whose words are kept as tables; a chapter has about as many, and a table is made in 50 µs."""
_WRITTEN = re.compile(r"([\u4E00-\u9FD5a-zA-Z0-9+#&._]+)")
_OTHER = re.compile(r"\r\n|.", re.DOTALL)
_LATIN = re.compile(r"[a-zA-Z0-9]")
_LOADING = Lock()

Tagged = tuple[str, str]
"""A word and its part of speech in jieba's tags."""


class Dictionary:
    """jieba's words, their frequencies and their parts of speech. Read-only and thread-safe."""

    def __init__(self, text: bytes) -> None:
        """`text` has a line `word frequency tag` a word; of several lines for one word the last one counts."""
        self._text = b"\n" + text.rstrip(b"\n") + b"\n"
        self._initials, self._edges = _runs(self._text)
        self.total = sum(int(found[1]) for found in re.finditer(rb" (\d+) ", self._text))
        """All lines' frequencies together."""
        self.beginning_with = lru_cache(_AT_HAND)(self._beginning_with)

    def _beginning_with(self, character: str) -> Mapping[str, int]:
        """The frequencies of the words with this first character; 0 for beginnings of them that are no words themselves."""
        found: dict[str, int] = {}
        for start, end in self._places(character):
            for line in self._text[start + 1 : end].decode().split("\n"):
                word, frequency, _ = line.split(" ")
                found[word] = int(frequency)
                for length in range(1, len(word)):
                    found.setdefault(word[:length], 0)
        return found

    def tag(self, word: str) -> str:
        """The word's part of speech; `x` for what is no word."""
        head, tag = f"\n{word} ".encode(), "x"
        for start, end in self._places(word[0]):
            at = self._text.rfind(head, start, end)
            if at >= 0:
                tag = self._text[at + 1 : self._text.index(b"\n", at + 1)].split(b" ")[2].decode()
        return tag

    def _places(self, character: str) -> Iterator[tuple[int, int]]:
        """Where the lines of words with this first character are: from the newline before the first to that after the last."""
        run = self._initials.find(character)
        while run >= 0:
            yield int(self._edges[run]), int(self._edges[run + 1])
            run = self._initials.find(character, run + 1)


@cache
def _read() -> Dictionary:
    return Dictionary((resources.files("jieba") / "dict.txt").read_bytes())


def packaged() -> Dictionary:
    """The dictionary that comes with jieba, one for the whole process: read when first asked for, in 0.2 s."""
    with _LOADING:  # engines load side by side
        return _read()


class Segmenter:
    """Cuts text into words: those of a dictionary and those added to it. Thread-safe once nothing is added any more."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._dictionary = dictionary
        self._tags: dict[str, str] = {}
        self._jieba: Any = jieba.Tokenizer()
        # Not initialize(): that reads and writes a cache in the folder for temporary files, where anyone could have put one.
        self._jieba.FREQ, self._jieba.total, self._jieba.initialized = _Frequencies(dictionary), dictionary.total, True

    def add(self, word: str, tag: str) -> None:
        """Make it a word, as frequent as it must be to be cut out."""
        self._jieba.add_word(word)
        self._tags[word] = tag

    def is_word(self, text: str) -> bool:
        return bool(self._jieba.FREQ.get(text))

    def words(self, text: str) -> list[str]:
        """The words of a text, those that are in no dictionary guessed from their characters (jieba's hidden Markov model)."""
        return list(self._jieba.cut(text))

    def tagged(self, text: str) -> Iterator[Tagged]:
        """The words by the dictionary alone, as `jieba.posseg` cuts with `HMM=False`; together they are the text."""
        for place, part in enumerate(_WRITTEN.split(text)):
            if place % 2:
                yield from self._tagged_run(part)
            else:
                yield from ((other, "x") for other in _OTHER.findall(part))

    def _tagged_run(self, run: str) -> Iterator[Tagged]:
        route: dict[int, tuple[float, int]] = {}
        self._jieba.calc(run, self._jieba.get_DAG(run), route)
        at, latin = 0, ""
        while at < len(run):
            word = run[at : route[at][1] + 1]
            at += len(word)
            if _LATIN.fullmatch(word):
                latin += word
                continue
            if latin:
                yield latin, "eng"
                latin = ""
            yield word, self._tags.get(word) or self._dictionary.tag(word)
        if latin:
            yield latin, "eng"


class _Frequencies:
    """What jieba looks words and their beginnings up in: a dictionary, and what is added to it."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._beginning_with = dictionary.beginning_with
        self._added: dict[str, int] = {}

    def get(self, word: str, default: int | None = None) -> int | None:
        found = self._added.get(word)
        return self._beginning_with(word[0]).get(word, default) if found is None else found

    def __contains__(self, word: str) -> bool:
        return word in self._beginning_with(word[0]) or word in self._added

    def __getitem__(self, word: str) -> int:
        found = self._added.get(word)
        return self._beginning_with(word[0])[word] if found is None else found

    def __setitem__(self, word: str, frequency: int) -> None:
        self._added[word] = frequency


def _runs(text: bytes) -> tuple[str, NDArray[np.int64]]:
    """The first characters of the lines, one for each run of lines that share it, and where the runs begin and the last ends.

    The text begins and ends with a newline; an edge is the place of the newline before a line.
    """
    data = np.frombuffer(text, np.uint8)
    breaks = np.flatnonzero(data == ord("\n"))
    lines = breaks[:-1]
    # Lines are never shorter than three bytes, so four can be read from each.
    first = data[lines[:, None] + np.arange(1, 5)].astype(np.uint32)
    lead = first[:, 0]
    lengths = 1 + (lead >= 0xC0).astype(np.int64) + (lead >= 0xE0) + (lead >= 0xF0)
    first[np.arange(1, 5) > lengths[:, None]] = 0
    code = first @ np.array([1 << 24, 1 << 16, 1 << 8, 1], np.uint32)
    begins = np.flatnonzero(np.diff(code, prepend=code[:1] + 1))
    initials = "".join(text[lines[at] + 1 : lines[at] + 1 + lengths[at]].decode() for at in begins.tolist())
    return initials, np.append(lines[begins], breaks[-1])
