"""A film's sound: each voice at its place, the music under them, lower where somebody speaks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.model_service.engines.film import sound
from services.model_service.engines.film.loudness import RATE, Meter, Sound, Source, gain_to

VOICE = -16.0
"""Loudness of the voices, LUFS."""
EXPRESSION = 2.0
"""How much louder or softer than the middle one a line may be, LU: a whisper stays one, a microphone's level does not."""
MUSIC = -23.0
"""Loudness of music alone."""
UNDER_VOICE = -9.0
"""What music loses under a voice, dB."""

ALONE = 4.0
"""What music gains before the first voice and after the last one, dB: under the title, and at the end."""

_ATTACK, _RELEASE, _BREATH = 0.6, 0.9, 2.0
"""Seconds in which the music falls before a voice and rises after it; a pause shorter than `_BREATH` does not lift it."""
_SWELL = 2.0
"""Seconds in which it rises after the last voice."""
_FADE_IN, _FADE_OUT = 1.0, 2.0
_HEARD = 60
"""Seconds of music by which its loudness is known."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A spoken line and the sample of the film at which it begins."""

    path: Path
    start: int


@dataclass(frozen=True, slots=True)
class _Placed:
    voice: Voice
    end: int
    gain: float


class Mix:
    """The film's sound before mastering, as a `Source` of stereo samples. Holds two voices and the music, whatever the length."""

    def __init__(self, voices: Sequence[Voice], music: Source | None, total: int, check: Callable[[], None]) -> None:
        """`total` is the film's length in samples; `check` is called between voices and may raise."""
        self._read = lru_cache(maxsize=2)(lambda path: sound.read(path, channels=1))
        self._total = total
        heard: list[tuple[Voice, int, float]] = []
        for voice in voices:
            check()
            spoken = self._read(voice.path)
            meter = Meter()
            meter.add(spoken)
            heard.append((voice, voice.start + spoken.shape[1], meter.integrated))
        gains = _gains([loudness for *_, loudness in heard])
        self._placed = [_Placed(voice, end, gain) for (voice, end, _), gain in zip(heard, gains, strict=True)]
        self._music = music
        self._music_gain = 1.0
        if music is not None:
            meter = Meter()
            for second in range(min(_HEARD, total // RATE + 1)):
                meter.add(music(second * RATE, RATE))
            self._music_gain = gain_to(MUSIC, meter.integrated)
        self._curve = _ducking([(placed.voice.start, placed.end) for placed in self._placed], total)

    def __call__(self, start: int, count: int) -> Sound:
        mixed = np.zeros((2, count), np.float32)
        if self._music is not None:
            at = np.arange(start, start + count)
            level = np.interp(at, *self._curve)
            mixed += self._music(start, count) * (self._music_gain * 10 ** (level / 20) * self._fade(at)).astype(np.float32)
        for placed in self._placed:
            first, last = max(placed.voice.start, start), min(placed.end, start + count)
            if first < last:
                spoken = self._read(placed.voice.path)[:, first - placed.voice.start : last - placed.voice.start]
                mixed[:, first - start : last - start] += spoken * np.float32(placed.gain)
        mixed[:, max(self._total - start, 0) :] = 0
        return mixed

    def _fade(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        longest = self._total / 2
        rising = at / min(_FADE_IN * RATE, longest)
        falling = (self._total - at) / min(_FADE_OUT * RATE, longest)
        return np.asarray(np.clip(np.minimum(rising, falling), 0, 1))


def _gains(loudnesses: Sequence[float]) -> list[float]:
    """The factor of each voice: the middle one comes to VOICE, and the others may differ from it by EXPRESSION at most."""
    audible = sorted(loudness for loudness in loudnesses if loudness > float("-inf"))
    middle = audible[len(audible) // 2] if audible else VOICE
    # A mono voice sounds from both loudspeakers: 3 dB more than its file says.
    return [gain_to(VOICE - 3.01 + min(max(loudness - middle, -EXPRESSION), EXPRESSION), loudness) for loudness in loudnesses]


def _ducking(spans: Sequence[tuple[int, int]], total: int) -> tuple[list[float], list[float]]:
    """Samples and decibels of the points between which the music's level runs straight."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first - merged[-1][1] < _BREATH * RATE:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    if not merged:
        return [0.0, float(total)], [0.0, 0.0]
    at, level = [float("-1e9")], [ALONE]
    for number, (first, last) in enumerate(merged):
        at += [first - _ATTACK * RATE, first, last]
        level += [level[-1], UNDER_VOICE, UNDER_VOICE]
        final = number == len(merged) - 1
        at.append(last + (_SWELL if final else _RELEASE) * RATE)
        level.append(ALONE if final else 0.0)
    return at, level
