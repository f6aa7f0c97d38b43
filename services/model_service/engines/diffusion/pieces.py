"""Text in pieces that each fit a text encoder, cut where the text itself pauses."""

import re
from collections.abc import Callable, Iterator

MOST_PIECES = 8
"""Of 75 tokens each: about 400 words, more than any shot has."""

_PAUSES = re.compile(r"[^,.;:!?，。；：！？、\n]*[,.;:!?，。；：！？、\n]*\s*")


def pieces(text: str, count: Callable[[str], int], limit: int) -> list[str]:
    """The text's pieces of at most `limit` tokens by `count`, in order; nothing is lost but the space between them.

    Phrases stay whole where they fit, else words, else characters are parted. One empty piece for an empty text.
    """
    packed: list[str] = []
    for part in _parts(text, count, limit):
        if packed and count((packed[-1] + part).strip()) <= limit:
            packed[-1] += part
        else:
            packed.append(part)
    return [piece.strip() for piece in packed] or [""]


def _parts(text: str, count: Callable[[str], int], limit: int) -> Iterator[str]:
    for phrase in _PAUSES.findall(text):
        if not phrase.strip():
            continue
        if count(phrase) <= limit:
            yield phrase
            continue
        for word in re.findall(r"\S+\s*", phrase):
            yield from _halved(word, count, limit)


def _halved(word: str, count: Callable[[str], int], limit: int) -> Iterator[str]:
    if count(word) <= limit or len(word) < 2:
        yield word
        return
    middle = len(word) // 2
    yield from _halved(word[:middle], count, limit)
    yield from _halved(word[middle:], count, limit)
