"""Frames to H.264 within the process: planes drawn here, encoded on a thread beside while the next ones are drawn."""

import errno
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.plane import VideoPlane
from av.video.stream import VideoStream

from services.core.errors import EngineFailed, ResourceExhausted
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array

T = TypeVar("T")

_BT709 = 1
_LIMITED = 1
_OPTIONS = {
    # A fixed quantiser spares x264 the look at each frame's cost. At 20 the picture stands above 43 dB; films are encoded anew.
    "preset": "ultrafast",
    "qp": "20",
    "x264-params": "open-gop=0:force-cfr=1:no-dct-decimate=1",
}
_BITEXACT = {"movflags": "+faststart", "fflags": "+bitexact"}


class H264Writer:
    """Writes `target` as a whole or not at all: the file appears under its name when all frames are encoded.

    Use as a context manager: draw on `canvas()`, then `write()`, for every frame, then `close`. Leaving the block without
    `close` removes what there is. One encoding thread, so equal frames give equal bytes; memory does not grow with
    length. Raises EngineFailed ENGINE_FAILED, ResourceExhausted STORAGE_FULL.
    """

    def __init__(self, target: Path, *, width: int, height: int, fps: int, engine: str) -> None:
        self._target = target
        self._part = target.with_suffix(".part")
        self._engine = engine
        self._size = (width, height)
        self._fps = fps
        # Two frames: one is drawn on while the other is encoded.
        self._frames = [VideoFrame(width, height, "yuv420p") for _ in range(2)]
        self._planes = [_views(frame) for frame in self._frames]
        self._count = 0
        self._encoding: Future[None] | None = None

    def __enter__(self) -> Self:
        self._thread = ThreadPoolExecutor(1, "x264")
        try:
            self._container, self._stream = self._told(self._open)
        except BaseException:
            self._thread.shutdown()
            self._part.unlink(missing_ok=True)
            raise
        return self

    def canvas(self) -> Planes:
        """The planes of the frame to be written next; what they held before is meaningless."""
        return self._planes[self._count % 2]

    def write(self) -> None:
        """Encode the canvas as the next frame. Returns once the frame before is encoded."""
        self._wait()
        frame = self._frames[self._count % 2]
        frame.pts = self._count
        self._count += 1
        self._encoding = self._thread.submit(self._encode, frame)

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._wait()
        self._told(self._finish)
        self._part.replace(self._target)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._thread.shutdown(wait=True)
        if self._part.exists():
            with suppress(OSError):  # what is given up need not be finished; the error that led here is on its way
                self._container.close()
            self._part.unlink(missing_ok=True)

    def _open(self) -> tuple[OutputContainer, VideoStream]:
        container = av.open(str(self._part), "w", format="mp4", options=_BITEXACT)
        stream = container.add_stream("libx264", rate=self._fps, options=_OPTIONS)
        stream.width, stream.height = self._size
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, self._fps)
        context = stream.codec_context
        context.thread_count = 1
        context.gop_size = 2 * self._fps
        context.color_range = _LIMITED
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        return container, stream

    def _encode(self, frame: VideoFrame) -> None:
        for packet in self._stream.encode(frame):
            self._container.mux(packet)

    def _finish(self) -> None:
        for packet in self._stream.encode(None):
            self._container.mux(packet)
        self._container.close()

    def _wait(self) -> None:
        encoding, self._encoding = self._encoding, None
        if encoding is not None:
            self._told(encoding.result)

    def _told(self, work: Callable[[], T]) -> T:
        """What `work` gives; the libraries' errors as errors of the tree."""
        try:
            return work()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise ResourceExhausted("STORAGE_FULL") from error
            raise EngineFailed("ENGINE_FAILED", engine=self._engine, problem=error.strerror or str(error)) from error
        except av.FFmpegError as error:
            raise EngineFailed("ENGINE_FAILED", engine=self._engine, problem=str(error)) from error


def _views(frame: VideoFrame) -> Planes:
    """The frame's own memory, without its padding."""
    luma, blue, red = (_view(plane) for plane in frame.planes)
    return Planes(luma, blue, red)


def _view(plane: VideoPlane) -> Array:
    rows: Array = np.frombuffer(memoryview(plane), np.uint8)[: plane.height * plane.line_size]
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]
