"""The JSON schemas of what a model writes: the proto's ShotDraft and BibleEntry, with the vocabularies' words.

Bounds are loose: a sampler that runs into a tight one cuts words in two. What is too long is trimmed in `drafts`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from services.core.model import Language
from services.core.vocabulary import OVERLAPPING, CameraMove, Framing, Mood, Transition

BEDS = ("calm", "tense", "lonely", "nostalgic", "dark", "tender", "happy", "energetic", "wonder", "epic")
"""Music that the film knows how to lay under a shot."""
KINDS = ("character", "prop", "place")
MOST_ENTRIES = 12
"""Entries of a bible."""
_LONGEST_SHOT = 15

Json = dict[str, Any]


def shot(language: Language) -> Json:
    """One shot, its fields in the order in which they are best thought of: what is told, then what is seen, then how."""
    return _object(
        {
            "title": _text(),
            "narration": _text(),
            "description": _text(),
            "prompt": _text(),
            "framing": _word(framing.value for framing in Framing),
            "camera": _word(move.word(language) for move in CameraMove),
            "transition": _word(kind.value for kind in (Transition.NONE, *OVERLAPPING)),
            "voice": _word(mood.word(language) for mood in Mood),
            "bgm": _word(BEDS),
            "seconds": {"type": "number", "minimum": 1, "maximum": _LONGEST_SHOT},
        }
    )


def shots(language: Language, count: int) -> Json:
    """Exactly `count` shots."""
    return _object({"shots": _shots(language, count)})


def storyboard(language: Language, count: int) -> Json:
    """A bible, and after it exactly `count` shots."""
    return _object({"bible": _bible(language), "shots": _shots(language, count)})


def bible(language: Language) -> Json:
    return _object({"bible": _bible(language)})


def summary() -> Json:
    """What happens in a chapter, who is in it, and its turning points."""
    names = {"type": "array", "maxItems": 10, "items": _object({"name": _text(), "look": _text()})}
    points = {"type": "array", "maxItems": 8, "items": _text()}
    return _object({"summary": _text(), "characters": names, "turning_points": points})


def _shots(language: Language, count: int) -> Json:
    return {"type": "array", "minItems": count, "maxItems": count, "items": shot(language)}


def _bible(language: Language) -> Json:
    """Entries whose look is in English too, whatever the story's language: engines of pictures may read nothing else."""
    english = {} if language is Language.EN else {"look_en": _text()}
    entry = _object({"kind": _word(KINDS), "name": _text(), "look": _text(), **english})
    return {"type": "array", "minItems": 1, "maxItems": MOST_ENTRIES, "items": entry}


def _object(properties: Mapping[str, Any]) -> Json:
    return {"type": "object", "properties": dict(properties), "required": list(properties), "additionalProperties": False}


def _text() -> Json:
    return {"type": "string"}


def _word(words: Iterable[str]) -> Json:
    return {"type": "string", "enum": list(words)}
