"""Any footage as the clip that was asked for: its frames, its rate, its size, and the encoding that clips are joined in."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from services.core.requests import ClipRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.clip.encoder import H264Writer
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.motion.between import Between, copy
from services.model_service.engines.motion.fitting import fitted
from services.model_service.engines.motion.footage import Footage, Made, Pixels, VideoFile
from services.model_service.engines.motion.timing import Moment, plan

_MISFIT = 0.01
"""The share of a side that may be cut off without a word."""


def conform(
    source: Path | Sequence[Pixels],
    request: ClipRequest,
    job: Job,
    *,
    engine: str,
    meta: Mapping[str, Any],
    fps: float = 24.0,
    begins: float = 0.0,
    synced: bool = False,
) -> Output:
    """The clip that `request` asks for, of a video file or of frames (height × width × 3, RGB) that were made for `fps`.

    File: `video`, H.264 yuv420p (Rec. 709) without sound, of exactly `frames` frames at `fps`, `width` × `height`. `meta` comes
    back with `frames`, `fps`, `width`, `height`, `footage` (its frames, rate and size) and, added to `changed`, what was done to
    its length and shape. `synced` footage moves with a sound, and keeps its pace. Progress runs from `begins` to 1. Memory does
    not grow with the footage's length. `engine` names who brought the footage. Raises Unavailable PEER_UNREADABLE for a file that
    is no video, is cut off or of absurd size; Cancelled, ResourceExhausted STORAGE_FULL, EngineFailed.
    """
    job.progress(begins, "conforming")
    footage: Footage = VideoFile(source, engine=engine, check=job.check) if isinstance(source, Path) else Made(source, fps)
    timing = plan(footage.times, request.frames, request.fps, synced=synced)
    reel = _Reel(footage, request.width, request.height)
    video = job.folder / "video.mp4"
    with H264Writer(video, width=request.width, height=request.height, fps=request.fps, engine=engine) as writer:
        for index, moment in enumerate(timing.moments):
            job.progress(begins + (0.99 - begins) * index / request.frames, "conforming")
            reel.draw(moment, writer.canvas())
            writer.write()
        writer.close()
    job.progress(1.0, "done")
    changed = [*meta.get("changed", ()), *timing.changed, *_cropped(footage.size, (request.width, request.height))]
    return Output(
        {"video": MadeFile(video, "video/mp4")},
        {
            **meta,
            "frames": request.frames,
            "fps": request.fps,
            "width": request.width,
            "height": request.height,
            "footage": _facts(footage),
            **({"changed": changed} if changed else {}),
        },
    )


class _Reel:
    """Footage that is wound on, never back: two frames of it are held at a time."""

    def __init__(self, footage: Footage, width: int, height: int) -> None:
        self._frames: Iterator[Planes] = (fitted(frame, width, height) for frame in footage.frames())
        self._index = -1
        self._held: list[Planes] = []
        self._between = Between(width, height)
        self._met = -1

    def draw(self, moment: Moment, canvas: Planes) -> None:
        """Draw the moment, which is not before the last one drawn."""
        self._wind(moment.index, 2 if moment.share else 1)
        if moment.share:
            if self._met != moment.index:
                self._between.meet(*self._held)
                self._met = moment.index
            self._between.draw(moment.share, canvas)
        elif moment.zoom:
            _push(self._held[0], moment.zoom, canvas)
        else:
            copy(self._held[0], canvas)

    def _wind(self, index: int, count: int) -> None:
        """Hold the frame `index`, and with `count` 2 the one after it."""
        while self._index < index:
            self._index += 1
            self._held = self._held[1:] or [next(self._frames)]
        while len(self._held) < count:
            self._held.append(next(self._frames))


def _push(frame: Planes, zoom: float, canvas: Planes) -> None:
    """The frame enlarged about its middle by 1 + `zoom`."""
    for name, how in (("luma", cv2.INTER_CUBIC), ("blue", cv2.INTER_LINEAR), ("red", cv2.INTER_LINEAR)):
        plane: Array = getattr(frame, name)
        height, width = plane.shape
        ratio = 1 / (1 + zoom)
        matrix = np.array([[ratio, 0, (width - 1) / 2 * (1 - ratio)], [0, ratio, (height - 1) / 2 * (1 - ratio)]])
        moved = cv2.warpAffine(plane, matrix, (width, height), None, how | cv2.WARP_INVERSE_MAP, cv2.BORDER_REPLICATE)
        getattr(canvas, name)[:] = moved


def _cropped(size: tuple[int, int], wanted: tuple[int, int]) -> list[str]:
    shape, shown = size[0] / size[1], wanted[0] / wanted[1]
    lost = 1 - min(shape, shown) / max(shape, shown)
    if lost <= _MISFIT:
        return []
    sides = "left and right" if shape > shown else "top and bottom"
    return [f"size: of {size[0]}×{size[1]}, {lost:.0%} are cut off at {sides}"]


def _facts(footage: Footage) -> dict[str, Any]:
    times = footage.times
    rate = (len(times) - 1) / times[-1] if len(times) > 1 else 0.0
    return {"frames": len(times), "fps": round(rate, 3), "width": footage.size[0], "height": footage.size[1]}
