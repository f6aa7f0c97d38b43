"""A provider's voice as the line that was asked for: one level, no dead air, and a time for every word.

Most providers say nothing of when a word is spoken. Its time is then estimated: the pauses that are heard are taken for the
line's stops, and between them words take time by their length.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.error import FFmpegError

from services.core.errors import EngineFailed
from services.core.model import Language
from services.core.requests import SpeechRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.remote import refusals
from services.model_service.engines.speech import sound, tokens
from services.model_service.engines.speech.manner import manner
from services.model_service.engines.speech.sound import RATE, Samples
from services.model_service.engines.speech.voices import Gender, choose

_STOPS = frozenset("，。！？；：、…—,.!?;:")
_SHORTEST_PAUSE = 0.08
"""Seconds of quiet that count as a stop."""
_QUIET = -30.0
_WINDOW = RATE // 100
_OPENING = {"format_whitelist": "wav,w64,mp3,flac,ogg,aac,mov,matroska,aiff", "protocol_whitelist": "file"}
"""Those that hold their sound themselves: a playlist would have other files and addresses read."""
LONGEST = 600
"""Seconds of a line; what is longer is not the line."""

Times = Sequence[tuple[str, float, float]]
"""Words with their begin and end in seconds of the audio, where a provider tells."""


def from_pcm(name: str, data: bytes, rate: int) -> Samples:
    """Samples at RATE from signed 16-bit little-endian mono. Raises PEER_UNREADABLE, PEER_ANSWER_TOO_LARGE."""
    if len(data) > LONGEST * rate * 2:
        raise EngineFailed("PEER_ANSWER_TOO_LARGE", engine=name, limit=LONGEST * rate * 2)
    if len(data) % 2 or not data:
        raise refusals.unreadable(name, "sound that is no 16-bit PCM", data[:80])
    return sound.resampled(np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32768), rate)


def from_file(name: str, data: bytes) -> Samples:
    """Samples at RATE from any sound file, mixed to mono. Raises Unavailable PEER_UNREADABLE."""
    parts: list[Samples] = []
    heard = 0
    try:
        with av.open(io.BytesIO(data), "r", options=_OPENING) as container:
            resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
            for frame in container.decode(audio=0):
                parts += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
                heard += frame.samples
                if heard > LONGEST * frame.sample_rate:
                    raise EngineFailed("PEER_ANSWER_TOO_LARGE", engine=name, limit=len(data))
            parts += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    except (FFmpegError, IndexError, ValueError) as error:
        raise refusals.unreadable(name, f"no sound ({type(error).__name__})", data[:80]) from error
    if not parts:
        raise refusals.unreadable(name, "a sound file without sound", data[:80])
    return np.asarray(np.concatenate(parts), np.float32)


def check(name: str, samples: Samples) -> None:
    """Raises Unavailable PEER_UNREADABLE when nothing is heard."""
    if not sound.bounds(samples)[1]:
        raise refusals.unreadable(name, "silence", b"")


def speech(name: str, samples: Samples, request: SpeechRequest, job: Job, *, meta: Mapping[str, Any], times: Times = ()) -> Output:
    """The line as WAV with its words' times: the provider's, or estimated ones (`meta["timing"]` says which).

    Raises Unavailable PEER_UNREADABLE when nothing is heard.
    """
    check(name, samples)
    first, last = sound.bounds(samples)
    whole = samples[first:last]
    seconds = len(whole) / RATE
    path = sound.write(job.folder / "speech.wav", sound.levelled(whole, manner(request).gain))
    before = first / RATE
    words = [[text, *(round(min(max(at - before, 0.0), seconds), 3) for at in span)] for text, *span in times]
    told = {
        "seconds": round(seconds, 3),
        "words": words or estimated(request.text, whole),
        "timing": "given" if words else "estimated",
    }
    return Output({"audio": MadeFile(path, "audio/wav")}, {**meta, **told})


def estimated(text: str, samples: Samples) -> list[list[Any]]:
    """`[word, start, end]` in seconds for every word of the text."""
    words = tokens.words(text, list)
    if not words:
        return []
    clauses = _clauses([word.text for word in words])
    edges = _edges(samples, len(clauses), [sum(map(_weight, clause)) for clause in clauses])
    timed: list[list[Any]] = []
    for clause, (begin, end) in zip(clauses, edges, strict=True):
        shares = np.cumsum([0.0, *map(_weight, clause)])
        at = begin + (end - begin) * shares / shares[-1]
        timed += [[word, round(float(at[i]), 3), round(float(at[i + 1]), 3)] for i, word in enumerate(clause)]
    return timed


def _clauses(words: Sequence[str]) -> list[list[str]]:
    clauses: list[list[str]] = [[]]
    for word in words:
        clauses[-1].append(word)
        if word[-1:] in _STOPS:
            clauses.append([])
    return [clause for clause in clauses if clause]


def _weight(word: str) -> float:
    """About how long a word takes: a Chinese character as long as three letters."""
    return max(sum(3.0 if character > "\u2e80" else 1.0 for character in word if character.isalnum()), 1.0)


def _edges(samples: Samples, count: int, weights: Sequence[float]) -> list[tuple[float, float]]:
    """Begin and end of `count` clauses, in seconds: at the pauses nearest to where their lengths put them."""
    seconds = len(samples) / RATE
    guesses = np.cumsum(weights)[:-1] / sum(weights) * seconds
    left = _pauses(samples)
    cuts: list[tuple[float, float]] = []
    for number, guess in enumerate(guesses):
        # A pause for each later stop must remain; without enough of them, the guess stands.
        near = [pause for pause in left if not cuts or pause[0] >= cuts[-1][1]]
        near = near[: max(len(near) - (len(guesses) - number - 1), 0)]
        best = min(near, key=lambda pause: abs((pause[0] + pause[1]) / 2 - guess), default=(float(guess), float(guess)))
        cuts.append(best if not cuts or best[0] >= cuts[-1][1] else (cuts[-1][1], cuts[-1][1]))
    begins = [0.0, *(end for _, end in cuts)]
    ends = [*(begin for begin, _ in cuts), seconds]
    return list(zip(begins, ends, strict=True))[:count]


def _pauses(samples: Samples) -> list[tuple[float, float]]:
    blocks = samples[: len(samples) // _WINDOW * _WINDOW].reshape(-1, _WINDOW).astype(np.float64)
    levels = 10 * np.log10(np.mean(blocks**2, axis=1) + 1e-12)
    quiet = np.concatenate([[False], levels < levels.max(initial=-120.0) + _QUIET, [False]])
    edges = np.flatnonzero(np.diff(quiet.astype(np.int8))).reshape(-1, 2) * _WINDOW / RATE
    inner = edges[(edges[:, 0] > 0.1) & (edges[:, 1] < len(samples) / RATE - 0.1)]
    return [(float(begin), float(end)) for begin, end in inner if end - begin >= _SHORTEST_PAUSE]


def voice(voices: Mapping[str, str], wanted: str, language: Language) -> str:
    """The provider's voice: one that is asked for by the provider's own name, or its voice for the language and gender."""
    if wanted in voices.values():
        return wanted
    gender = choose(wanted, language).gender
    return voices.get(f"{language}-{'male' if gender is Gender.MALE else 'female'}") or next(iter(voices.values()), "")
