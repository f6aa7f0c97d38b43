"""The film: segments joined, voices and music mixed and mastered, subtitles and cover beside it."""

import errno
import itertools
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

from av.error import FFmpegError

from services.core.errors import EngineFailed, ResourceExhausted
from services.core.model import Language
from services.core.requests import Cue, FilmRequest, FilmShot
from services.core.subtitles import srt
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import cover, join, loudness, music
from services.model_service.engines.film.loudness import RATE, Sound
from services.model_service.engines.film.mix import Mix, Voice

_ISO_639_2 = {Language.ZH: "zho", Language.EN: "eng"}
_MIXED = 0.4
"""The part of the work that is done when the loudness is known."""


def make(request: FilmRequest, job: Job) -> Output:
    """The film as `film.mp4`, `film.srt` and a cover. Raises EngineFailed when a segment is not what the request says."""
    if not request.shots:
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem="a film without shots cannot be made")
    frames = sum(shot.frames for shot in request.shots)
    total = round(Fraction(frames, request.fps) * RATE)
    pieces = [join.Piece(job.media(shot.segment), shot.segment, shot.frames) for shot in request.shots]
    job.progress(0.05, "mix")
    bed = music.bed(request.music, request.title, request.seed) if request.music else None
    mix = Mix(_voices(request, job), bed, total, job.check)
    gain = loudness.gain_to(loudness.TARGET, loudness.measure(_reported(mix, total, job), total))

    video = job.folder / "film.mp4"
    sound = loudness.limited(mix, total, gain)
    language = _ISO_639_2[request.language]
    try:
        for written in join.write(video, pieces, sound, fps=request.fps, title=request.title, language=language):
            job.progress(_MIXED + (1 - _MIXED) * written / frames, "join")
    except FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise ResourceExhausted("STORAGE_FULL") from error
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=error.strerror) from error

    subtitles = job.folder / "film.srt"
    subtitles.write_text(srt(_absolute(request)), encoding="utf-8")
    files = {
        "video": MadeFile(video, "video/mp4"),
        "cover": cover.make(job.media(request.cover) if request.cover else None, video, job.folder),
        "subtitles": MadeFile(subtitles, "application/x-subrip"),
    }
    return Output(files, {"seconds": round(frames / request.fps, 3), "frames": frames})


def _starts(request: FilmRequest) -> Iterator[tuple[FilmShot, int]]:
    """Each shot and the number of its first frame in the film."""
    firsts = itertools.accumulate((shot.frames for shot in request.shots), initial=0)
    return zip(request.shots, firsts, strict=False)


def _voices(request: FilmRequest, job: Job) -> list[Voice]:
    return [
        Voice(job.media(shot.speech), round((Fraction(first, request.fps) + Fraction(shot.speech_start)) * RATE))
        for shot, first in _starts(request)
        if shot.speech is not None
    ]


def _absolute(request: FilmRequest) -> Iterator[Cue]:
    """The cues of all shots, their times counted from the film's start."""
    for shot, first in _starts(request):
        at = first / request.fps
        yield from (replace(cue, start=cue.start + at, end=cue.end + at) for cue in shot.cues)


def _reported(source: loudness.Source, total: int, job: Job) -> loudness.Source:
    """The source, telling the job how far it has been heard."""

    def heard(start: int, count: int) -> Sound:
        job.progress(0.05 + (_MIXED - 0.05) * start / total, "mix")
        return source(start, count)

    return heard
