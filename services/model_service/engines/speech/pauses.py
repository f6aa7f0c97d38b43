"""Pauses between the sentences of one breath, as long as a narrator makes them; the model alone hurries over a full stop."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from services.model_service.engines.speech import sound
from services.model_service.engines.speech.sound import RATE, Samples

_REACH = 0.1
"""Seconds before and after the place between two words in which their pause is looked for."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A word and the samples at which it begins and ends."""

    text: str
    start: int
    end: int

    def moved(self, by: int) -> "Timed":
        return replace(self, start=self.start + by, end=self.end + by)


def lengthened(samples: Samples, words: Sequence[Timed], stops: Sequence[bool], seconds: float) -> tuple[Samples, list[Timed]]:
    """Have at least `seconds` of silence behind each word that is a stop; one that runs on into the next is left alone.

    The words' times follow; around a pause they keep to what is heard.
    """
    parts: list[Samples] = []
    timed: list[Timed] = []
    taken = added = 0
    begins = 0  # where the next word may begin at the earliest
    for place, word in enumerate(words):
        start = max(word.start + added, begins)
        end = max(word.end + added, start)
        following = words[place + 1] if place + 1 < len(words) else None
        if stops[place] and following is not None:
            reach = round(_REACH * RATE)
            quiet = sound.silence(samples, max(word.end - reach, word.start, taken), following.start + reach)
            if quiet is not None:
                first, last = quiet
                more = max(round(seconds * RATE) - (last - first), 0)
                middle = (first + last) // 2
                end = max(min(end, first + added), start)
                parts += [samples[taken:middle], np.zeros(more, np.float32)]
                taken, added = middle, added + more
                begins = last + added
        timed.append(Timed(word.text, start, end))
    return np.concatenate([*parts, samples[taken:]]), timed
