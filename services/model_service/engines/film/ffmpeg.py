"""The engine of films: segments encoded by ffmpeg, soundtracks and films written with its libraries."""

import errno
from functools import cached_property
from pathlib import Path
from typing import assert_never

import imageio_ffmpeg

from services.core.errors import EngineFailed, ResourceExhausted
from services.core.model import Engine
from services.core.requests import CardRequest, FilmRequest, SegmentRequest, SoundtrackRequest, TransitionRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.film import card, film, process, segment, soundtrack, transition
from services.model_service.engines.film.encoder import Encoder
from services.model_service.engines.film.tools import Tools


class Ffmpeg:
    """Makes cards, segments, transitions, soundtracks and films on the CPU. Deterministic; any number of runs at once."""

    def __init__(self, executable: Path | None = None, encoder: Encoder | None = None) -> None:
        """`executable` is ffmpeg 6 or later with libx264 and libass; the packaged one by default."""
        self._given = executable
        self._encoder = encoder or Encoder()

    @cached_property
    def identity(self) -> Engine:
        return Engine("ffmpeg", "4", f"{process.version(self._executable)} {self._encoder.revision}")

    def load(self) -> None:
        """Raises EngineFailed ENGINE_NOT_INSTALLED when ffmpeg cannot be run, or a font is not there."""
        process.version(self._executable)
        self._tools.load()

    def run(self, request: CardRequest | SegmentRequest | TransitionRequest | SoundtrackRequest | FilmRequest, job: Job) -> Output:
        """What is asked for; see `requests` for the parts."""
        try:
            match request:
                case CardRequest():
                    return card.make(request, job, self._tools)
                case SegmentRequest():
                    return segment.make(request, job, self._tools)
                case TransitionRequest():
                    return transition.make(request, job, self._tools)
                case SoundtrackRequest():
                    return soundtrack.make(request, job)
                case FilmRequest():
                    return film.make(request, job)
                case _:
                    assert_never(request)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ResourceExhausted("STORAGE_FULL") from error
            raise

    @cached_property
    def _tools(self) -> Tools:
        return Tools(self._executable, self._encoder)

    @cached_property
    def _executable(self) -> Path:
        if self._given is not None:
            return self._given
        try:
            return Path(imageio_ffmpeg.get_ffmpeg_exe())
        except RuntimeError as error:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine="ffmpeg", problem=str(error)) from error
