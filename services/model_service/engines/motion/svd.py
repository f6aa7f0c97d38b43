"""Clips from Stable Video Diffusion: a keyframe set in motion, 14 or 25 frames, made to the asked length, rate and size.

Its licence is not for commercial use without an agreement with Stability AI; that is said at load and in each clip's `meta`.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Final

import structlog
import torch
from PIL import Image

from services.core import recipes
from services.core.errors import ResourceExhausted
from services.core.model import Engine
from services.core.requests import ClipRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.diffusion.batching import Unwatched, Watcher
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.motion.footage import Pixels
from services.model_service.engines.motion.settings import SVD_PREFIX, SvdSettings
from services.model_service.engines.motion.stage import Rig, Stage
from services.model_service.engines.motion.stills import Mount, native, pixels
from services.model_service.engines.motion.svd_motion import bucket
from services.model_service.equipment import Equipment
from services.model_service.residency import Residency

_log = structlog.get_logger(__name__)

ENGINE: Final = "svd"
_VERSION = "1"
_PIPELINE = "StableVideoDiffusionPipeline"
LICENCE = (
    "Stability AI licence of Stable Video Diffusion: not for commercial use without an agreement (https://stability.ai/license)"
)

_BLOCK = 64
_BEGUN, _DENOISED, _DECODED = 0.02, 0.75, 0.88
"""Shares of the work when the first step begins, when the last one has ended, and when the frames are there."""
_DECODING_ROOM = 0.6
"""Of the memory that is free, what decoding may take."""
_DECODING_FIELDS = 8
"""Fields of the decoder's width that a frame takes at full size: its activations, and what convolutions need beside them."""


@dataclass(frozen=True, slots=True)
class Take:
    """One clip in the model's terms."""

    picture: Image.Image
    mount: Mount
    frames: int
    steps: int
    bucket: int
    seed: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.mount.size


class Svd:
    """A `Generator` for `ClipRequest`. File: `video`, as `conform` makes it.

    `meta`: `model`, `licence`, `steps`, `seed`, `motion_bucket`, `noise`, `size` (as made), `decode_chunk`, `seconds` (on the
    device), what `conform` says, and `changed`. Equal requests give equal bytes on the same device with the same decode chunk.
    """

    def __init__(self, settings: SvdSettings, residency: Residency) -> None:
        self._settings = settings
        self._residency = residency
        self._crew: Crew | None = None

    @classmethod
    def create(cls, equipment: Equipment) -> "Svd":
        return cls(SvdSettings(), equipment.residency)

    @property
    def identity(self) -> Engine:
        return Engine(ENGINE, _VERSION, self._loaded().revision)

    def load(self) -> None:
        """Look through the folder, put the model on its device and make two steps of a clip.

        Raises EngineFailed with what is missing and how to mend it, ResourceExhausted when the device is full.
        """
        stage = Stage(self._settings, self._residency, engine=ENGINE, prefix=SVD_PREFIX)
        if stage.folder.pipeline != _PIPELINE:
            raise stage.loader.unsuitable(self._settings.model, f"it is a {stage.folder.pipeline}, not a {_PIPELINE}")
        crew = Crew(self._settings, stage)
        if self._settings.warm_up or self._settings.compile:
            crew.warm_up()
        self._crew = crew
        _log.warning("svd is ready; mind its licence", model=self._settings.model, device=str(stage.device), licence=LICENCE)

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Make it. Raises Cancelled, ResourceExhausted DEVICE_MEMORY_FULL, EngineFailed."""
        crew, settings = self._loaded(), self._settings
        job.progress(0.0, "waiting")
        mount = native(request.width, request.height, side=crew.side, block=_BLOCK)
        take = Take(
            picture=mount.still(job.media(request.keyframe["image"]), engine=ENGINE),
            mount=mount,
            frames=crew.frames,
            steps=settings.steps,
            bucket=bucket(request.motion_strength, request.camera),
            seed=request.seed,
        )
        changed = ["camera: the model takes no direction; the move sets how much it moves"] if request.camera else []
        changed += ["prompt: ignored (the model reads no words)"] if request.prompt else []
        changed += ["last picture: ignored (the model begins with a picture and ends where it likes)"] if request.last else []
        began = monotonic()
        footage = crew.film(take, job)
        meta = {
            "model": settings.model,
            "licence": LICENCE,
            "steps": take.steps,
            "seed": take.seed,
            "motion_bucket": take.bucket,
            "noise": settings.noise,
            "size": list(take.size),
            "decode_chunk": crew.chunk(take.size),
            "seconds": round(monotonic() - began, 3),
            "changed": changed,
        }
        return conform(footage, request, job, engine=ENGINE, meta=meta, fps=settings.fps, begins=_DECODED)

    def _loaded(self) -> "Crew":
        if self._crew is None:
            raise RuntimeError("the engine svd is asked before it was loaded")
        return self._crew


class Crew:
    """Films takes, one at a time, and remembers for each size what fitted in memory."""

    def __init__(self, settings: SvdSettings, stage: Stage) -> None:
        self._settings = settings
        self._stage = stage
        self._chunks: dict[tuple[int, int], int] = {}
        unet, vae = stage.folder.config("unet"), stage.folder.config("vae")
        self._scale = 2 ** (len(vae["block_out_channels"]) - 1)
        self._width = max(vae["block_out_channels"][:2])
        self.side: int = settings.side or unet["sample_size"] * self._scale
        self.frames: int = settings.frames or unet["num_frames"]
        decides = {
            "weights": stage.folder.digest,
            "device": stage.device.type,
            "dtype": str(stage.dtype),
            "tf32": settings.tf32 and stage.device.type == "cuda",
            **settings.model_dump(
                include={"steps", "fps", "noise", "min_guidance", "max_guidance", "decode_chunk", "compile"}, mode="json"
            ),
            "side": self.side,
            "frames": self.frames,
        }
        self.revision = hashlib.sha256(recipes.canonical(decides)).hexdigest()[:16]

    def chunk(self, size: tuple[int, int]) -> int:
        """Frames of that size that are decoded at once."""
        return self._chunks.get(size, 0)

    def warm_up(self) -> None:
        """Two steps and their frames at the size that films mostly have."""
        mount = native(1280, 720, side=self.side, block=_BLOCK)
        self.film(Take(Image.new("RGB", mount.size, (90, 120, 150)), mount, self.frames, 2, 127, 0), Unwatched())

    def film(self, take: Take, job: Watcher) -> Sequence[Pixels]:
        """The take's frames. Raises Cancelled between two steps or chunks, ResourceExhausted, EngineFailed."""
        stage = self._stage
        what = f"{take.frames} frames of {take.size[0]}×{take.size[1]}"
        with stage.use(lambda: stage.build(_PIPELINE), job) as rig, torch.no_grad():
            rungs = (stage.relieve, partial(_part_the_unet, rig), partial(stage.offload, rig))
            latents = stage.within_memory(partial(self._denoised, rig.pipeline, take, job), rungs, what)
            made: list[Pixels] = []
            while len(made) < take.frames:
                job.progress(_DENOISED + (_DECODED - _DENOISED) * len(made) / take.frames, "decoding")
                made += self._decode(rig, latents[:, len(made) :], take.mount, what)
        return made

    def _decode(self, rig: Rig, latents: torch.Tensor, mount: Mount, what: str) -> list[Pixels]:
        """The first of the latents as frames: a chunk, or of it what memory allows."""
        stage, pipeline = self._stage, rig.pipeline
        halved: list[Callable[[], bool]] = [partial(self._halve, mount.size)] * self.frames.bit_length()
        aside = partial(stage.set_aside, rig, pipeline.unet, pipeline.image_encoder)
        rungs: list[Callable[[], bool]] = [*halved, partial(self._relieve, mount.size), *halved, aside]
        try:
            return stage.within_memory(partial(self._decoded, rig, latents, mount), rungs, what)
        except ResourceExhausted:
            del self._chunks[mount.size]  # whatever else fills the memory now may be gone later
            raise

    def _denoised(self, pipeline: Any, take: Take, job: Watcher) -> torch.Tensor:
        """The take as latents: 1 × frames × channels × height × width."""
        settings = self._settings

        def ended(_: Any, index: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            # The pipeline ignores its own interrupt flag: what is raised here is what ends it.
            job.progress(_BEGUN + (_DENOISED - _BEGUN) * (index + 1) / take.steps, f"step {index + 1}/{take.steps}")
            return tensors

        job.progress(_BEGUN, "filming")
        latents: torch.Tensor = pipeline(
            take.picture,
            width=take.size[0],
            height=take.size[1],
            num_frames=take.frames,
            num_inference_steps=take.steps,
            min_guidance_scale=settings.min_guidance,
            max_guidance_scale=settings.max_guidance,
            fps=settings.fps,
            motion_bucket_id=take.bucket,
            noise_aug_strength=settings.noise,
            # On the CPU, so that a seed is the same noise on every device.
            generator=torch.Generator("cpu").manual_seed(take.seed),
            output_type="latent",
            callback_on_step_end=ended,
        ).frames
        return latents

    def _decoded(self, rig: Rig, latents: torch.Tensor, mount: Mount) -> list[Pixels]:
        """The next chunk's frames."""
        chunk = latents[:, : self._chunks.setdefault(mount.size, self._fitting(mount.size))]
        vae = rig.pipeline.vae
        frames = rig.pipeline.decode_latents(chunk.to(vae.dtype), chunk.shape[1], chunk.shape[1])
        shown = (frames[0].permute(1, 0, 2, 3) + 1) / 2
        return list(pixels(mount.cut(shown), engine=ENGINE, setting=SVD_PREFIX + "DTYPE"))

    def _fitting(self, size: tuple[int, int]) -> int:
        """Frames that can be decoded at once by the memory that is free now, or as set."""
        if self._settings.decode_chunk:
            return min(self._settings.decode_chunk, self.frames)
        frame: int = size[0] * size[1] * self._width * self._stage.dtype.itemsize * _DECODING_FIELDS
        return max(1, min(self.frames, round(self._stage.memory.free() * _DECODING_ROOM) // frame))

    def _relieve(self, size: tuple[int, int]) -> bool:
        """Evict the other models; whether there were any. Chunks are then as large as the room that they leave."""
        if not self._stage.relieve():
            return False
        self._chunks.pop(size, None)
        return True

    def _halve(self, size: tuple[int, int]) -> bool:
        chunk = self._chunks[size]
        self._chunks[size] = max(1, chunk // 2)
        return chunk > 1


def _part_the_unet(rig: Rig) -> bool:
    """Run the feed-forward layers in parts; whether that was still to be done."""
    if rig.parted:
        return False
    rig.parted = True
    rig.pipeline.unet.enable_forward_chunking(1, dim=1)
    return True
