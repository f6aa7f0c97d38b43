"""MP4 files read and written with ffmpeg's libraries, what goes wrong told in words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError

from services.core.errors import EngineFailed, ResourceExhausted
from services.core.model import Digest
from services.model_service.engines.film.loudness import RATE

_WRITING = {"movflags": "+faststart", "fflags": "+bitexact", "movie_timescale": str(RATE)}
"""Lengths are told in samples: in milliseconds, as they are by default, few films could say how long they are."""


@contextmanager
def read(path: Path, digest: Digest) -> Iterator[InputContainer]:
    """The file, with no way to another one. Raises EngineFailed MEDIA_UNREADABLE for what the libraries find wrong with it."""
    try:
        with av.open(str(path), format="mp4", options={"protocol_whitelist": "file"}) as container:
            yield container
    except FFmpegError as error:
        raise unreadable(digest, error.strerror or repr(error)) from error


@contextmanager
def written(target: Path) -> Iterator[OutputContainer]:
    """A new file: its index at the beginning, no trace of time or machine. Raises ResourceExhausted STORAGE_FULL, EngineFailed."""
    try:
        with av.open(str(target), "w", format="mp4", options=_WRITING) as container:
            yield container
    except FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise ResourceExhausted("STORAGE_FULL") from error
        raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem=error.strerror) from error


def unreadable(digest: Digest, problem: str) -> EngineFailed:
    """The error that says what is wrong with a file."""
    return EngineFailed("MEDIA_UNREADABLE", digest=digest, problem=problem)
