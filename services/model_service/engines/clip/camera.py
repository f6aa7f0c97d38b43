"""The camera: clips from one picture, by moving through its depth layers (or over it, when it is flat)."""

import cv2

from services.core.model import Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.clip import picture as pictures
from services.model_service.engines.clip import stillness
from services.model_service.engines.clip.encoder import H264Writer
from services.model_service.engines.clip.motion import path
from services.model_service.engines.clip.parallax import Renderer

_NAME = "camera"


class Camera:
    """A `Generator` for `ClipRequest`. File: `video`, H.264 yuv420p (Rec. 709) without sound, of exactly `frames` frames.

    `meta`: `frames`, `fps`, `width`, `height`, `move` (the move's slug, `gentle` when the words named none) and
    `layered` (whether it moved through layers). Needs the keyframe's `image`, and uses `layers` where it is there.
    """

    @property
    def identity(self) -> Engine:
        return Engine(_NAME, "3")

    def load(self) -> None:
        """Nothing to load; several clips are made at once, so each stays on its own core."""
        cv2.setNumThreads(1)

    def run(self, request: ClipRequest, job: Job) -> Output:
        job.progress(0.0, "reading")
        frame = (request.width, request.height)
        seconds = request.frames / request.fps
        parts = {name: job.media(digest) for name, digest in request.keyframe.items() if name in {"image", "layers"}}
        picture = pictures.read(parts, frame, _NAME)
        move, pose_at = path(
            request.camera,
            seed=request.seed,
            strength=request.motion_strength,
            seconds=seconds,
            shows=stillness.shown(picture),
        )
        job.check()
        renderer = Renderer(picture.layers, picture.size, frame, pose_at=pose_at, seconds=seconds, fps=request.fps)
        video = job.folder / "video.mp4"
        with H264Writer(video, width=request.width, height=request.height, fps=request.fps, engine=_NAME) as writer:
            for index in range(request.frames):
                job.check()
                renderer.draw(index, writer.canvas())
                writer.write()
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
                "layered": picture.layered,
            },
        )
