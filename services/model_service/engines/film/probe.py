"""What a media file holds, read with the libraries that will decode it."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.error import FFmpegError

from services.core.errors import EngineFailed
from services.core.model import Digest


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """Size in pixels, rate in frames a second, whether the picture's colours are already BT.709 4:2:0 video."""

    width: int
    height: int
    rate: Fraction
    square: bool
    plain: bool


def video(path: Path, digest: Digest) -> VideoFacts:
    """The first video stream's facts. Raises EngineFailed MEDIA_UNREADABLE when there is none that can be decoded."""
    try:
        with av.open(str(path), options={"protocol_whitelist": "file"}) as container:
            if not container.streams.video:
                raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem="it has no video stream")
            stream = container.streams.video[0]
            if next(container.decode(stream), None) is None:
                raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem="it has no frame")
            context = stream.codec_context
            return VideoFacts(
                width=context.width,
                height=context.height,
                rate=Fraction(stream.average_rate or stream.guessed_rate or 0),
                square=stream.sample_aspect_ratio in (None, 0, 1),
                plain=context.pix_fmt == "yuv420p",
            )
    except FFmpegError as error:
        raise EngineFailed("MEDIA_UNREADABLE", digest=digest, problem=error.strerror) from error
