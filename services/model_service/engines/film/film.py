"""The film: segments joined, voices and music mixed and mastered, subtitles and cover beside it."""

import errno
from fractions import Fraction
from pathlib import Path

from av.error import FFmpegError

from services.core.errors import EngineFailed, ResourceExhausted
from services.core.model import Language
from services.core.requests import FilmRequest
from services.core.subtitles import of_film, srt, vtt
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import cover, join, loudness, music
from services.model_service.engines.film.loudness import RATE, Sound
from services.model_service.engines.film.mix import Mix, Voice

_ISO_639_2 = {Language.ZH: "zho", Language.EN: "eng"}
_MIXED = 0.4
"""The part of the work that is done when the loudness is known."""


def make(request: FilmRequest, job: Job) -> Output:
    """The film as `film.mp4`, `film.srt`, `film.vtt` and a cover. Raises EngineFailed when a piece is not what the request says."""
    if not request.pieces:
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem="a film without pieces cannot be made")
    frames = sum(piece.frames for piece in request.pieces)
    total = round(Fraction(frames, request.fps) * RATE)
    pieces = [join.Piece(job.media(piece.video), piece.video, piece.frames) for piece in request.pieces]
    job.progress(0.05, "mix")
    bed = music.bed(request.music, request.title, request.seed) if request.music else None
    mix = Mix(_voices(request, job), bed, total, job.check)
    gain = loudness.gain_to(loudness.TARGET, loudness.measure(_reported(mix, total, job), total))

    video = job.folder / "film.mp4"
    cues = tuple(of_film(request))
    film = join.Film(
        request.title, _ISO_639_2[request.language], request.fps, tuple(pieces), cues if request.soft_subtitles else ()
    )
    try:
        for written in join.write(video, film, loudness.limited(mix, total, gain)):
            job.progress(_MIXED + (1 - _MIXED) * written / frames, "join")
    except FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise ResourceExhausted("STORAGE_FULL") from error
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=error.strerror) from error

    files = {
        "video": MadeFile(video, "video/mp4"),
        "cover": cover.make(job.media(request.cover) if request.cover else None, video, job.folder),
        "subtitles": _written(job.folder / "film.srt", srt(cues), "application/x-subrip"),
        "captions": _written(job.folder / "film.vtt", vtt(cues), "text/vtt"),
    }
    return Output(files, {"seconds": round(frames / request.fps, 3), "frames": frames})


def _written(path: Path, text: str, content_type: str) -> MadeFile:
    path.write_text(text, encoding="utf-8")
    return MadeFile(path, content_type)


def _voices(request: FilmRequest, job: Job) -> list[Voice]:
    return [
        Voice(job.media(line.speech), round((Fraction(line.start, request.fps) + Fraction(line.speech_start)) * RATE))
        for line in request.lines
        if line.speech is not None
    ]


def _reported(source: loudness.Source, total: int, job: Job) -> loudness.Source:
    """The source, telling the job how far it has been heard."""

    def heard(start: int, count: int) -> Sound:
        job.progress(0.05 + (_MIXED - 0.05) * start / total, "mix")
        return source(start, count)

    return heard
