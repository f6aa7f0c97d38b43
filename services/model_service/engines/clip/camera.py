"""The camera: clips from one picture, by moving through its depth layers (or over it, when it is flat)."""

from pathlib import Path

import cv2
import numpy as np

from services.core.errors import EngineFailed
from services.core.model import Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.clip.encoder import H264Writer
from services.model_service.engines.clip.motion import path
from services.model_service.engines.clip.parallax import Renderer
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe.layers import DepthLayer

_NAME = "camera"


class Camera:
    """A `Generator` for `ClipRequest`. File: `video`, H.264 yuv420p without sound, of exactly `frames` frames.

    `meta`: `frames`, `fps`, `width`, `height`, `move` (the move's slug, `gentle` when the words named none) and
    `layered` (whether it moved through layers). Needs the keyframe's `image`, and uses `layers` where it is there.
    """

    @property
    def identity(self) -> Engine:
        return Engine(_NAME, "1")

    def load(self) -> None:
        """Nothing to load; several clips are made at once, so each stays on its own core."""
        cv2.setNumThreads(1)

    def run(self, request: ClipRequest, job: Job) -> Output:
        job.progress(0.0, "reading")
        layers, source = self._picture(request, job)
        renderer = Renderer(layers, source, request.width, request.height)
        move, pose_at = path(
            request.camera, seed=request.seed, strength=request.motion_strength, seconds=request.frames / request.fps
        )
        video = job.folder / "video.mp4"
        with H264Writer(video, width=request.width, height=request.height, fps=request.fps, engine=_NAME) as writer:
            for index in range(request.frames):
                job.check()
                writer.write(renderer.frame(pose_at(index / max(request.frames - 1, 1)), index / request.fps))
                if index % 6 == 0:
                    job.progress(index / request.frames, "filming")
            job.progress(0.99, "saving")
            writer.close()
        return Output(
            files={"video": MadeFile(video, "video/mp4")},
            meta={
                "frames": request.frames,
                "fps": request.fps,
                "width": request.width,
                "height": request.height,
                "move": move.value if move is not None else "gentle",
                "layered": len(layers) > 1,
            },
        )

    def _picture(self, request: ClipRequest, job: Job) -> tuple[list[DepthLayer], tuple[int, int]]:
        """The picture's layers and its size; a flat picture is one layer."""
        if "layers" in request.keyframe:
            try:
                layers, width, height = layers_file.load(job.media(request.keyframe["layers"]))
            except ValueError as error:
                raise EngineFailed("ENGINE_FAILED", engine=_NAME, problem=str(error)) from error
            return layers, (width, height)
        if "image" not in request.keyframe:
            raise EngineFailed("ENGINE_FAILED", engine=_NAME, problem="the keyframe has no part named image")
        return _flat(job.media(request.keyframe["image"]))


def _flat(image: Path) -> tuple[list[DepthLayer], tuple[int, int]]:
    """A picture without depth, four channels because OpenCV warps those fastest."""
    pixels = cv2.imdecode(np.fromfile(image, np.uint8), cv2.IMREAD_COLOR)
    if pixels is None:
        raise EngineFailed("ENGINE_FAILED", engine=_NAME, problem="the keyframe is no picture that can be read")
    layer = DepthLayer("image", 1.0, 0, 0, cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA))
    return [layer], (pixels.shape[1], pixels.shape[0])
