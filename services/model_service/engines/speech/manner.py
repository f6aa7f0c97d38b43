"""How a mood is told: a little slower or faster, a little softer or louder."""

import random
from collections.abc import Mapping
from dataclasses import dataclass

from services.core.requests import SpeechRequest
from services.core.vocabulary import Mood

_SLOWEST, _FASTEST = 0.5, 2.0
_TAKE = (0.03, 0.05)
"""How much faster or slower another take is: enough to hear a difference, too little to sound hurried."""


@dataclass(frozen=True, slots=True)
class Manner:
    """`speed` is a factor, `gain` in decibels."""

    speed: float
    gain: float


_OF_MOOD: Mapping[Mood, Manner] = {
    Mood.CALM: Manner(0.98, 0.0),
    Mood.TENSE: Manner(1.07, 0.5),
    Mood.LONELY: Manner(0.92, -1.5),
    Mood.DESPAIR: Manner(0.90, -1.0),
    Mood.HOPE: Manner(1.0, 0.0),
    Mood.WARM: Manner(0.96, -0.5),
    Mood.JOY: Manner(1.05, 0.5),
    Mood.WONDER: Manner(0.95, -0.5),
    Mood.EPIC: Manner(0.97, 1.0),
}


def manner(request: SpeechRequest) -> Manner:
    """The request's mood and speed, and the variation that its seed stands for; a mood that is not known is told plainly."""
    mood = Mood.recognise(request.mood)
    told = _OF_MOOD[mood] if mood else Manner(1.0, 0.0)
    speed = told.speed * request.speed
    if request.seed:
        chance = random.Random(request.seed)
        speed *= 1 + chance.choice((-1, 1)) * chance.uniform(*_TAKE)
    return Manner(round(min(max(speed, _SLOWEST), _FASTEST), 3), told.gain)
