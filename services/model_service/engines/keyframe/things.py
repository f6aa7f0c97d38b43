"""The things that a text names, in order, each with the colour named beside it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from services.model_service.engines.keyframe import lexicon

_BETWEEN = re.compile(
    r"(?:[\s,-]*(?:old|little|small|big|large|tiny|young|paper|wooden|leather|and\s+[a-z]+)?)*\s*|色?的?[小大老旧]*"
)


@dataclass(frozen=True, slots=True)
class Thing:
    """A prop, and its colour as a code such as `#b8332f`, empty where the text names none beside it."""

    tag: str
    colour: str = ""


def named_things(texts: Iterable[str], unwanted: set[tuple[str, str]]) -> tuple[Thing, ...]:
    """The props of the texts in order of mention, once each."""
    things: dict[str, str] = {}
    for text in texts:
        for found in lexicon.find(text):
            if found.group == "prop" and ("prop", found.tag) not in unwanted:
                things[found.tag] = things.get(found.tag) or colour_beside(text, found.start, found.end)
    return tuple(Thing(tag, colour) for tag, colour in things.items())


def colour_beside(text: str, start: int, end: int) -> str:
    """The colour of the word at `start` to `end`: named in it (红伞) or right before it (a little red umbrella)."""
    within = next((found.tag for found in lexicon.find_colours(text[start:end])), "")
    if within:
        return within
    before = text[max(0, start - 32) : start]
    for found in reversed(list(lexicon.find_colours(before))):
        if _BETWEEN.fullmatch(before[found.end :]):
            return found.tag
    return ""
