"""Footage to make a clip of: frames from a model, or a video file that somebody else made and that is not to be trusted."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from services.core.errors import Unavailable

Pixels = npt.NDArray[np.uint8]
"""A frame as RGB, height × width × 3."""

MOST_PIXELS = 36_000_000
"""A frame of 8K has 33 million."""
SMALLEST_SIDE = 16
MOST_FRAMES = 60_000
_CONTAINERS = "mov,matroska,avi,gif,mpegts,ogg,flv"
"""Those that hold their frames themselves. Others (HLS, concat, picture series) are lists of files and addresses to read."""
_OPENING = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"}
_DECODING = {"max_pixels": str(MOST_PIXELS)}
_WHOLE = 0.98
"""The share of the frames that a file announces which must be there. Editing leaves out one or two."""


class Footage(Protocol):
    """Frames in their order, each with the time it is shown at."""

    @property
    def times(self) -> Sequence[float]:
        """Seconds, rising from 0, one a frame and at least one."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels as stored."""

    def frames(self) -> Iterator[VideoFrame]:
        """As many as there are times. What is not taken is not made."""


class Made:
    """Frames that a model made, at an even rate."""

    def __init__(self, pictures: Sequence[Pixels], fps: float) -> None:
        """`pictures`: one at least."""
        self._pictures = pictures
        self.times: Sequence[float] = [index / fps for index in range(len(pictures))]
        height, width, _ = pictures[0].shape
        self.size = (width, height)

    def frames(self) -> Iterator[VideoFrame]:
        for picture in self._pictures:
            yield VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")


class VideoFile:
    """A video in a file. `engine` is who brought it; `check` is called at every packet, and what it raises ends the reading.

    Raises Unavailable PEER_UNREADABLE, when it is opened or when its frames are read: the next one that is asked for may be whole.
    """

    def __init__(self, path: Path, *, engine: str, check: Callable[[], None]) -> None:
        self._path = path
        self._engine = engine
        self._check = check
        with self._opened() as (container, stream):
            self.size = (stream.codec_context.width, stream.codec_context.height)
            self._bounded(*self.size)
            self.times: Sequence[float] = self._timed(container, stream)

    def frames(self) -> Iterator[VideoFrame]:
        left = len(self.times)
        with self._opened() as (container, stream):
            for frame in container.decode(stream):
                self._check()
                self._bounded(frame.width, frame.height)
                if frame.is_corrupt:
                    raise self._unreadable("a video with broken frames")
                yield frame
                left -= 1
                if not left:
                    return
        raise self._unreadable(f"a video whose last {left} frames cannot be decoded")

    @contextmanager
    def _opened(self) -> Iterator[tuple[InputContainer, VideoStream]]:
        try:
            with av.open(str(self._path), options=_OPENING) as container:
                if not container.streams.video:
                    raise self._unreadable("a file without video")
                stream = container.streams.video[0]
                stream.codec_context.options = _DECODING
                stream.codec_context.thread_count = 1
                yield container, stream
        except (av.FFmpegError, OSError, MemoryError) as error:
            raise self._unreadable("no video that can be decoded", getattr(error, "strerror", None) or str(error)) from error

    def _timed(self, container: InputContainer, stream: VideoStream) -> list[float]:
        """The frames' times, by the packets that hold them; nothing is decoded for that."""
        stamps: list[int] = []
        for packet in container.demux(stream):
            self._check()
            stamp = packet.pts if packet.pts is not None else packet.dts
            if packet.size and stamp is not None and not packet.is_discard:
                stamps.append(stamp)
            if packet.is_corrupt or len(stamps) > MOST_FRAMES:
                raise self._unreadable("a video that is damaged" if packet.is_corrupt else f"a video of over {MOST_FRAMES} frames")
        if not stamps:
            raise self._unreadable("a video without frames")
        if len(stamps) < _WHOLE * stream.frames:
            raise self._unreadable(f"a video that was cut off: {len(stamps)} of its {stream.frames} frames are there")
        unit = float(stream.time_base or 1)
        distinct = sorted(set(stamps))
        if len(distinct) < len(stamps):  # no times worth the name: as even as the rate says
            rate = float(stream.average_rate or stream.guessed_rate or 24)
            return [index / rate for index in range(len(stamps))]
        return [(stamp - distinct[0]) * unit for stamp in distinct]

    def _bounded(self, width: int, height: int) -> None:
        if min(width, height) < SMALLEST_SIDE or width * height > MOST_PIXELS:
            raise self._unreadable(f"a video of {width} × {height} pixels")

    def _unreadable(self, what: str, said: str = "") -> Unavailable:
        return Unavailable("PEER_UNREADABLE", engine=self._engine, content_type=what, excerpt=said or self._beginning())

    def _beginning(self) -> str:
        with self._path.open("rb") as file:
            return file.read(16).hex(" ")
