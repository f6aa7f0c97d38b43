"""The film: segments and soundtrack joined by copying, subtitles and cover beside it."""

from pathlib import Path

from services.core.errors import EngineFailed
from services.core.model import Language
from services.core.requests import FilmRequest
from services.core.subtitles import of_film, srt, vtt
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.film import cover, join, soundtrack

_ISO_639_2 = {Language.ZH: "zho", Language.EN: "eng"}


def make(request: FilmRequest, job: Job) -> Output:
    """The film as `film.mp4`, `film.srt`, `film.vtt` and a cover.

    Raises EngineFailed MEDIA_UNREADABLE when a piece or the soundtrack is not what the request says.
    """
    if not request.pieces:
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem="a film without pieces cannot be made")
    frames = sum(piece.frames for piece in request.pieces)
    seconds = frames / request.fps
    cues = tuple(of_film(request))
    film = join.Film(
        title=request.title,
        language=_ISO_639_2[request.language],
        fps=request.fps,
        pieces=tuple(join.Piece(job.media(piece.video), piece.video, piece.frames) for piece in request.pieces),
        sound=join.Sound(job.media(request.soundtrack), request.soundtrack, soundtrack.samples(frames, request.fps)),
        cues=cues if request.soft_subtitles else (),
    )
    video = job.folder / "film.mp4"
    for written in join.write(video, film):
        job.progress(written / seconds, "join")
    files = {
        "video": MadeFile(video, "video/mp4"),
        "cover": cover.make(job.media(request.cover) if request.cover else None, video, job.folder),
        "subtitles": _written(job.folder / "film.srt", srt(cues), "application/x-subrip"),
        "captions": _written(job.folder / "film.vtt", vtt(cues), "text/vtt"),
    }
    return Output(files, {"seconds": round(seconds, 3), "frames": frames})


def _written(path: Path, text: str, content_type: str) -> MadeFile:
    path.write_text(text, encoding="utf-8")
    return MadeFile(path, content_type)
