"""The painter: keyframes from words alone, drawn in depth layers on the CPU. No weights, no downloads."""

import cv2

from services.core.model import Engine
from services.core.requests import KeyframeRequest
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.keyframe import layers as layers_file
from services.model_service.engines.keyframe.canvas import Frame
from services.model_service.engines.keyframe.composition import steps
from services.model_service.engines.keyframe.finish import Finish
from services.model_service.engines.keyframe.layers import DepthLayer
from services.model_service.engines.keyframe.living import enlivened
from services.model_service.engines.keyframe.scene import read_scene
from services.model_service.engines.keyframe.stage import Stage
from services.model_service.engines.keyframe.weather import drift_of


class Painter:
    """A `Generator` for `KeyframeRequest`. Files: `image` (PNG) and `layers` (`engines.keyframe.layers`).

    `meta`: `scene` (what it understood), `seed`, and `ignored` (fields of the request that mean nothing to it).
    Equal requests give equal bytes, on any thread.
    """

    @property
    def identity(self) -> Engine:
        return Engine("painter", "3")

    def load(self) -> None:
        """Nothing to load; several pictures are painted at once, so each stays on its own core."""
        cv2.setNumThreads(1)

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        job.progress(0.0, "reading")
        scene = read_scene(request)
        frame = Frame(request.width, request.height)
        stage = Stage.build(scene, frame, request.seed)
        parts = list(steps(stage))
        for index, (name, paint) in enumerate(parts):
            job.progress(0.05 + 0.60 * index / len(parts), name)
            paint()
        depths = self._finish(stage, job)
        image = layers_file.compose(depths, frame.width, frame.height)
        job.progress(0.90, "saving")
        picture, layered = job.folder / "image.png", job.folder / "layers.zip"
        picture.write_bytes(layers_file.encode_png(image))
        job.check()
        layers_file.save(layered, depths, frame.width, frame.height)
        job.progress(1.0, "done")
        ignored = [name for name in ("steps", "guidance_scale") if getattr(request, name) is not None]
        return Output(
            files={"image": MadeFile(picture, "image/png"), "layers": MadeFile(layered, layers_file.CONTENT_TYPE)},
            meta={"scene": scene.facts(), "seed": request.seed, "ignored": ignored},
        )

    def _finish(self, stage: Stage, job: Job) -> list[DepthLayer]:
        """The stage's layers in 8 bits, each cut to what can be seen of it."""
        finish = Finish(stage)
        depths: list[DepthLayer] = []
        for index, (name, layer) in enumerate(stage.layers.items()):
            job.progress(0.65 + 0.25 * index / len(stage.layers), "finishing")
            drift = drift_of(stage) if name == "air" else (0.0, 0.0)
            depths.append(DepthLayer(name, layer.depth, 0, 0, finish.apply(name, layer), drift))
        lens = finish.lens()
        if lens is not None:
            depths.append(DepthLayer("lens", max(depth.depth for depth in depths), 0, 0, lens))
        return enlivened(stage, layers_file.trimmed(depths))
