"""All that is heard in a film: voices and music mixed, mastered and encoded, to be copied into the film as they are."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path

from av import AudioFrame

from services.core.errors import EngineFailed
from services.core.requests import SoundtrackRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import containers, loudness, music
from services.model_service.engines.film.loudness import RATE, Sound
from services.model_service.engines.film.mix import Mix, Voice

_BITS = 160_000
_AAC = {"aac_coder": "fast", "aac_is": "0", "aac_pns": "0"}
"""Nearer to the source than the encoder's own choice, in as many bytes, for a third of its work: 7 dB below 3 kHz, 3 dB below 13,
and less near above. Sound that is to be taken for another's, or for noise, is not what was mixed.
"""
_BEGUN, _MEASURED = 0.05, 0.3
"""The part of the work that is done when music and voices are known, and when their loudness together is."""


def make(request: SoundtrackRequest, job: Job) -> Output:
    """The soundtrack as `soundtrack.m4a`, exactly as long as `request.frames`. Raises EngineFailed when a voice cannot be read."""
    if min(request.frames, request.fps) < 1:
        problem = f"a soundtrack of {request.frames} frames at {request.fps}/s cannot be made"
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=problem)
    total = samples(request.frames, request.fps)
    job.progress(0.0, "mix")
    bed = music.bed(request.music, request.title, request.seed, job.check) if request.music else None
    mix = Mix(_voices(request, job), bed, total, job.check)
    gain = loudness.gain_to(loudness.TARGET, loudness.measure(_reported(mix, total, job), total))
    audio = job.folder / "soundtrack.m4a"
    for heard in write(audio, loudness.limited(mix, total, gain)):
        job.progress(_MEASURED + (1 - _MEASURED) * heard / total, "sound")
    return Output({"audio": MadeFile(audio, "audio/mp4")}, {"seconds": round(request.frames / request.fps, 3)})


def samples(frames: int, fps: int) -> int:
    """How many samples a film of so many frames has."""
    return round(Fraction(frames, fps) * RATE)


def write(target: Path, sound: Iterable[Sound]) -> Iterator[int]:
    """Encode the sound as AAC, yielding the samples written so far after each block.

    An encoder of AAC begins with 1024 samples of nothing (its priming). The file's edit list says so: played, or copied with its
    packets' times, the sound begins with its first sample and ends with its last.
    """
    with containers.written(target) as container:
        stream = container.add_stream("aac", rate=RATE, layout="stereo", options=_AAC)
        stream.bit_rate = _BITS
        written = 0
        for block in sound:
            frame = AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, written, Fraction(1, RATE)
            container.mux(stream.encode(frame))
            written += block.shape[1]
            yield written
        container.mux(stream.encode(None))


def _voices(request: SoundtrackRequest, job: Job) -> list[Voice]:
    return [
        Voice(job.media(voice.speech), round((Fraction(voice.start, request.fps) + Fraction(voice.speech_start)) * RATE))
        for voice in request.voices
    ]


def _reported(source: loudness.Source, total: int, job: Job) -> loudness.Source:
    """The source, telling the job how far it has been heard."""

    def heard(start: int, count: int) -> Sound:
        job.progress(_BEGUN + (_MEASURED - _BEGUN) * start / total, "mix")
        return source(start, count)

    return heard
