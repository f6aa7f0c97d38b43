"""Frames to H.264: raw yuv420p piped into ffmpeg, which is killed when the clip is given up."""

import subprocess
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import cv2
import imageio_ffmpeg
import numpy as np

from services.core.errors import EngineFailed, ResourceExhausted
from services.model_service.engines.keyframe.canvas import Array


class H264Writer:
    """Writes `target` as a whole or not at all: the file appears under its name when all frames are encoded.

    Use as a context manager, `write` every frame, then `close`. Leaving the block without `close` kills ffmpeg and
    removes what there is. Raises EngineFailed ENGINE_FAILED, ResourceExhausted STORAGE_FULL.
    """

    def __init__(self, target: Path, *, width: int, height: int, fps: int, engine: str) -> None:
        self._target = target
        self._part = target.with_suffix(".part")
        self._log = target.with_suffix(".log")
        self._size = (width, height)
        self._fps = fps
        self._engine = engine
        self._process: subprocess.Popen[bytes] | None = None
        self._planes: Array = np.empty((height * 3 // 2, width), np.uint8)

    def __enter__(self) -> Self:
        width, height = self._size
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-nostdin", "-hide_banner", "-loglevel", "error",
            "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{width}x{height}", "-r", str(self._fps), "-i", "pipe:0",
            "-an",
            "-c:v", "libx264", "-preset", "ultrafast", "-tune", "fastdecode", "-crf", "16", "-threads", "1",
            "-g", str(self._fps * 2),
            # OpenCV converts by Rec. 601 with limited range; players must be told, or they take Rec. 709 for large pictures.
            "-color_range", "tv", "-colorspace", "smpte170m", "-color_primaries", "bt709", "-color_trc", "bt709",
            "-map_metadata", "-1", "-fflags", "+bitexact", "-flags:v", "+bitexact",
            "-movflags", "+faststart", "-f", "mp4", str(self._part),
        ]  # fmt: skip
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log)
        return self

    def write(self, picture: Array) -> None:
        """Encode one frame: uint8 BGRA, height × width × 4."""
        cv2.cvtColor(picture, cv2.COLOR_BGRA2YUV_I420, self._planes)
        try:
            self._pipe().write(self._planes.data)
        except BrokenPipeError as error:
            raise self._failure() from error

    def close(self) -> None:
        """Finish the file and give it its name."""
        process = self._running()
        try:
            self._pipe().close()
        except BrokenPipeError as error:
            raise self._failure() from error
        if process.wait() != 0:
            raise self._failure()
        self._part.replace(self._target)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        process = self._running()
        if process.poll() is None:
            process.kill()
        process.wait()
        pipe = self._pipe()
        if not pipe.closed:
            with suppress(BrokenPipeError):  # what was still buffered is of no use to a killed process
                pipe.close()
        self._part.unlink(missing_ok=True)
        self._log.unlink(missing_ok=True)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("H264Writer is used outside its with block")
        return self._process

    def _pipe(self) -> IO[bytes]:
        pipe = self._running().stdin
        if pipe is None:
            raise RuntimeError("ffmpeg was started without a pipe")
        return pipe

    def _failure(self) -> EngineFailed | ResourceExhausted:
        """What ffmpeg said last, as an error of the tree."""
        code = self._running().wait()
        lines = [line for line in self._log.read_text("utf-8", "replace").splitlines() if line.strip()]
        if any("No space left on device" in line for line in lines):
            return ResourceExhausted("STORAGE_FULL")
        return EngineFailed(
            "ENGINE_FAILED", engine=self._engine, problem=lines[-1] if lines else f"ffmpeg ended with status {code}"
        )
