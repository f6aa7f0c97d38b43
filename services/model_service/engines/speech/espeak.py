"""The narrator of last resort: espeak-ng, robotic but tiny, where Kokoro's packages are not installed."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from services.core.model import Engine, Language
from services.core.requests import SpeechRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.speech import sound, tokens
from services.model_service.engines.speech.espeak_library import EspeakLibrary
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.sound import RATE
from services.model_service.engines.speech.voices import Gender, choose

_NAMES: Mapping[Language, str] = {Language.ZH: "cmn", Language.EN: "en-us"}
_VARIANTS: Mapping[Gender, str] = {Gender.FEMALE: "+f2", Gender.MALE: "+m3"}
_PACE: Mapping[Language, int] = {Language.ZH: 215, Language.EN: 148}
"""Words a minute at speed 1, as espeak counts them: a line takes about as long as with Kokoro."""
_SILENCE = 0.5


class Espeak:
    """Speaks Chinese and English, far faster than real time; lines wait for each other.

    Equal requests sound equal, but differ in some bits: the library keeps the phase of its oscillators from line to line.
    """

    def __init__(self) -> None:
        self._library: EspeakLibrary | None = None

    @property
    def identity(self) -> Engine:
        return Engine("espeak", "2")

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when the library cannot be used."""
        self._library = EspeakLibrary()

    def run(self, request: SpeechRequest, job: Job) -> Output:
        """Speak the line, with the language's default voice where the one that is asked for is not known."""
        if self._library is None:
            raise RuntimeError("the engine is asked before it was loaded")
        voice = choose(request.voice, request.language)
        told = manner(request)
        job.progress(0.0, "speak")
        words = tokens.words(request.text, list)
        name = _NAMES[request.language] + _VARIANTS[voice.gender]
        spoken = self._library.speak(request.text, name, words_per_minute=round(_PACE[request.language] * told.speed))
        samples = sound.resampled(np.frombuffer(spoken.samples, "<i2").astype(np.float32) / np.float32(32768), spoken.rate)
        first, last = sound.bounds(samples)
        whole = samples[first:last] if last else np.zeros(round(_SILENCE * RATE), np.float32)
        path = sound.write(job.folder / "speech.wav", sound.levelled(whole, told.gain))
        job.progress(1.0, "speak")
        seconds = len(whole) / RATE
        meta: dict[str, Any] = {
            "seconds": round(seconds, 3),
            "words": _timed(words, spoken.onsets, first / RATE, seconds),
            "voice": voice.name,
            "speed": told.speed,
            "engine": "espeak",
        }
        return Output({"audio": MadeFile(path, "audio/wav")}, meta)


def _timed(words: Sequence[tokens.Word], onsets: Sequence[tuple[int, float]], before: float, seconds: float) -> list[list[Any]]:
    """Each word from the first onset within it to the next word's; words without one share the time around them."""
    begins: list[float | None] = []
    for place, word in enumerate(words):
        until = words[place + 1].start if place + 1 < len(words) else word.start + len(word.text)
        inside = [at for position, at in onsets if word.start <= position < until]
        begins.append(min(max(inside[0] - before, 0.0), seconds) if inside else None)
    known = [(place, at) for place, at in enumerate(begins) if at is not None]
    places = [-1, *(place for place, _ in known), len(words)]
    times = [0.0, *np.maximum.accumulate([at for _, at in known]), seconds] if known else [0.0, seconds]
    edges = np.interp(np.arange(len(words) + 1), places, times)
    return [[word.text, round(float(edges[i]), 3), round(float(edges[i + 1]), 3)] for i, word in enumerate(words)]
