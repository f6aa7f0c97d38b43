"""The picture that stands for a film."""

import shutil
from pathlib import Path

import av
from PIL import Image, UnidentifiedImageError

from services.core.errors import EngineFailed
from services.model_service.engine import MadeFile

_AT = 1.0
"""Seconds into the film of the frame that is the cover when no picture is given."""
_SUFFIXES = {"image/png": ".png", "image/jpeg": ".jpg"}


def make(given: Path | None, video: Path, folder: Path) -> MadeFile:
    """The given picture as PNG or JPEG, else a frame of the film. Raises EngineFailed MEDIA_UNREADABLE."""
    if given is None:
        return _frame(video, folder / "cover.png")
    try:
        with Image.open(given) as picture:
            content_type = picture.get_format_mimetype() or ""
            if content_type not in _SUFFIXES:
                converted = folder / "cover.png"
                picture.convert("RGB").save(converted)
                return MadeFile(converted, "image/png")
    except (UnidentifiedImageError, OSError) as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=given.name, problem=str(error)) from error
    return MadeFile(shutil.copyfile(given, folder / f"cover{_SUFFIXES[content_type]}"), content_type)


def _frame(video: Path, target: Path) -> MadeFile:
    with av.open(str(video)) as container:
        shown = None
        for frame in container.decode(video=0):
            shown = frame
            if frame.time is not None and frame.time >= _AT:
                break
        if shown is None:
            raise EngineFailed("ENGINE_FAILED", engine="ffmpeg", problem="the film has no frame")
        Image.fromarray(shown.to_ndarray(format="rgb24")).save(target, compress_level=3)
    return MadeFile(target, "image/png")
