"""Clips from any image-to-video pipeline that diffusers loads from a folder: LTX, Wan, CogVideoX and their like."""

import hashlib
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from time import monotonic
from typing import Any, Final

import diffusers
import structlog
import torch
from PIL import Image

from services.core import recipes
from services.core.errors import EngineFailed
from services.core.model import Accepts, Engine
from services.core.requests import ClipRequest
from services.core.vocabulary import CameraMove
from services.model_service.engine import Job, Output
from services.model_service.engines.diffusion.batching import Unwatched, Watcher
from services.model_service.engines.diffusion.takes import Tokens
from services.model_service.engines.motion import kinds
from services.model_service.engines.motion.conform import conform
from services.model_service.engines.motion.footage import Pixels
from services.model_service.engines.motion.kinds import Kind
from services.model_service.engines.motion.settings import IMAGE_TO_VIDEO_PREFIX, ImageToVideoSettings
from services.model_service.engines.motion.stage import Rig, Stage
from services.model_service.engines.motion.stills import Mount, native, pixels
from services.model_service.equipment import Equipment
from services.model_service.residency import Residency

_log = structlog.get_logger(__name__)

ENGINE: Final = "image-to-video"
_VERSION = "1"
_BEGUN, _DENOISED, _DECODED = 0.02, 0.75, 0.88
"""Shares of the work when the first step begins, when the last one has ended, and when the frames are there."""


@dataclass(frozen=True, slots=True)
class Take:
    """One clip in the model's terms."""

    picture: Image.Image
    last: Image.Image | None
    mount: Mount
    prompt: str
    frames: int
    steps: int
    seed: int

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.mount.size


class ImageToVideo:
    """A `Generator` for `ClipRequest`. File: `video`, as `conform` makes it.

    `meta`: `model`, `family`, `prompt` (the words that the model read), `steps`, `seed`, `size` (as made), `seconds` (on the
    device), what `conform` says, and `changed`. Equal requests give equal bytes on the same device.
    """

    def __init__(self, settings: ImageToVideoSettings, residency: Residency) -> None:
        self._settings = settings
        self._residency = residency
        self._crew: Crew | None = None

    @classmethod
    def create(cls, equipment: Equipment) -> "ImageToVideo":
        return cls(ImageToVideoSettings(), equipment.residency)

    @property
    def identity(self) -> Engine:
        crew = self._loaded()
        return Engine(ENGINE, _VERSION, crew.revision, Accepts(last=bool(crew.kind.last)))

    def load(self) -> None:
        """Look through the folder, put the model on its device and make two steps of a short clip.

        Raises EngineFailed with what is missing and how to mend it, ResourceExhausted when the device is full.
        """
        settings = self._settings
        stage = Stage(settings, self._residency, engine=ENGINE, prefix=IMAGE_TO_VIDEO_PREFIX)
        kind = kinds.recognise(stage.folder)
        if kind is None or not _takes_a_picture(kind.pipeline):
            raise stage.loader.unsuitable(settings.model, f"a {stage.folder.pipeline} makes no clips of pictures")
        absent = [name for name in kind.packages if find_spec(name) is None]
        if absent:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine=ENGINE, problem=f"{kind.pipeline} needs {', '.join(absent)}")
        crew = Crew(settings, stage, kind)
        crew.warm_up()
        self._crew = crew
        _log.info("image-to-video is ready", model=settings.model, family=kind.name, device=str(stage.device))

    def run(self, request: ClipRequest, job: Job) -> Output:
        """Make it. Raises Cancelled, ResourceExhausted DEVICE_MEMORY_FULL, EngineFailed."""
        crew, settings = self._loaded(), self._settings
        job.progress(0.0, "waiting")
        changed: list[str] = []
        mount = crew.mount(request.width, request.height)
        last = request.last
        if last is not None and not crew.kind.last:
            changed.append("last picture: ignored (the model ends where it likes)")
            last = None
        take = Take(
            picture=mount.still(job.media(request.keyframe["image"]), engine=ENGINE),
            last=mount.still(job.media(last), engine=ENGINE) if last is not None else None,
            mount=mount,
            prompt=crew.worded(request, changed),
            frames=crew.kind.frames(request.frames / request.fps, settings.frames),
            steps=settings.steps or crew.kind.steps,
            seed=request.seed,
        )
        began = monotonic()
        footage = crew.film(take, job)
        meta = {
            "model": settings.model,
            "family": crew.kind.name,
            "prompt": take.prompt,
            "steps": take.steps,
            "seed": take.seed,
            "size": list(take.size),
            "seconds": round(monotonic() - began, 3),
            "changed": changed,
        }
        return conform(footage, request, job, engine=ENGINE, meta=meta, fps=crew.fps, begins=_DECODED)

    def _loaded(self) -> "Crew":
        if self._crew is None:
            raise RuntimeError("the engine image-to-video is asked before it was loaded")
        return self._crew


class Crew:
    """Films takes, one at a time."""

    def __init__(self, settings: ImageToVideoSettings, stage: Stage, kind: Kind) -> None:
        self.kind = kind
        self.side = settings.side or kind.side
        self.fps = settings.fps or kind.fps
        self._settings = settings
        self._stage = stage
        self._guidance = kind.guidance if settings.guidance is None else settings.guidance
        self._tokens: Tokens | None = None
        decides = {
            "weights": stage.folder.digest,
            "kind": kind,
            "device": stage.device.type,
            "dtype": str(stage.dtype),
            "tf32": settings.tf32 and stage.device.type == "cuda",
            **settings.model_dump(include={"steps", "guidance", "frames", "fps", "negative_prompt", "compile"}, mode="json"),
            "side": self.side,
        }
        self.revision = hashlib.sha256(recipes.canonical(decides)).hexdigest()[:16]

    def mount(self, width: int, height: int) -> Mount:
        """A clip of that shape in a frame that the model takes."""
        if self.kind.size is not None:
            return Mount((width, height), self.kind.size)
        return native(width, height, side=self.side, block=self.kind.block)

    def worded(self, request: ClipRequest, changed: list[str]) -> str:
        """What the model is told of the shot; `changed` is added to when it cannot read it all."""
        move = CameraMove.recognise(request.camera)
        camera = move.words[0] if move is not None else request.camera
        prompt = ". ".join(part for part in (request.prompt.strip().replace("\n", ", ").rstrip(".,"), camera) if part)
        if not self.kind.chinese and any("\u3400" <= letter <= "\u9fff" for letter in prompt):
            changed.append("prompt: the model reads English, and what is Chinese may mean nothing to it")
        if self._tokens is not None and (count := self._tokens.count(prompt)) > self.kind.tokens:
            changed.append(f"prompt: of {count} tokens the model reads the first {self.kind.tokens}")
        return prompt

    def warm_up(self) -> None:
        """Load the model, and unless that is not wanted make two steps of its shortest clip."""
        with self._used(Unwatched()) as rig:
            tokenizer = getattr(rig.pipeline, "tokenizer", None)
            self._tokens = Tokens([tokenizer]) if tokenizer is not None else None
        if self._settings.warm_up or self._settings.compile:
            mount = self.mount(1280, 720)
            picture = Image.new("RGB", mount.size, (90, 120, 150))
            self.film(Take(picture, None, mount, "warm up", self.kind.frames(0.1), 2, 0), Unwatched())

    def film(self, take: Take, job: Watcher) -> Sequence[Pixels]:
        """The take's frames. Raises Cancelled between two steps or parts of decoding, ResourceExhausted, EngineFailed."""
        stage = self._stage
        with self._used(job) as rig, torch.no_grad():
            rungs: tuple[Callable[[], bool], ...] = (stage.relieve, lambda: _part(rig), lambda: stage.offload(rig))
            what = f"{take.frames} frames of {take.size[0]}×{take.size[1]}"
            return stage.within_memory(lambda: self._filmed(rig.pipeline, take, job), rungs, what)

    @contextmanager
    def _used(self, job: Watcher) -> Iterator[Rig]:
        with self._stage.use(lambda: self._stage.build(self.kind.pipeline, exact=self.kind.exact), job) as rig:
            yield rig

    def _filmed(self, pipeline: Any, take: Take, job: Watcher) -> list[Pixels]:
        def ended(_: Any, index: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            steps = max(1, pipeline.num_timesteps)
            job.progress(_BEGUN + (_DENOISED - _BEGUN) * (index + 1) / steps, f"step {index + 1}/{steps}")
            return tensors

        job.progress(_BEGUN, "filming")
        known = inspect.signature(type(pipeline).__call__).parameters
        asked = {name: value for name, value in self._asked(pipeline, take).items() if name in known}
        with _decoding(pipeline, job):
            frames = pipeline(**asked, callback_on_step_end=ended).frames[0]
        return list(pixels(take.mount.cut(frames), engine=ENGINE, setting=IMAGE_TO_VIDEO_PREFIX + "DTYPE"))

    def _asked(self, pipeline: Any, take: Take) -> dict[str, Any]:
        """Arguments by every name that a kind of pipeline may have for them."""
        asked: dict[str, Any] = {
            "image": take.picture,
            "prompt": take.prompt,
            "negative_prompt": self._settings.negative_prompt,
            "width": take.size[0],
            "height": take.size[1],
            "num_frames": take.frames,
            "num_inference_steps": take.steps,
            "guidance_scale": self._guidance,
            "max_sequence_length": self.kind.tokens,
            # On the CPU, so that a seed is the same noise on every device.
            "generator": torch.Generator("cpu").manual_seed(take.seed),
            "output_type": "pt",
        }
        if self.kind.rate:
            asked[self.kind.rate] = self.fps
        if getattr(getattr(pipeline.vae, "config", None), "timestep_conditioning", False):
            asked |= {"decode_timestep": 0.05, "decode_noise_scale": 0.025}
        if take.last is not None and self.kind.last == "conditions":
            ends = ((take.picture, 0), (take.last, take.frames - 1))
            asked["conditions"] = [_condition(picture, index) for picture, index in ends]
            del asked["image"]
        elif take.last is not None:
            asked[self.kind.last] = take.last
        return asked


@contextmanager
def _decoding(pipeline: Any, job: Watcher) -> Iterator[None]:
    """Report whenever the decoder begins on the next part. How many there will be, no pipeline says: each is a step nearer."""
    parts = 0

    def began(*_: Any) -> None:
        nonlocal parts
        parts += 1
        job.progress(_DECODED - (_DECODED - _DENOISED) * 0.9**parts, "decoding")

    decoder = getattr(getattr(pipeline, "vae", None), "decoder", None)
    hook = decoder.register_forward_pre_hook(began) if decoder is not None else None
    try:
        yield
    finally:
        if hook is not None:
            hook.remove()


def _condition(picture: Image.Image, index: int) -> Any:
    from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition  # noqa: PLC0415 -- of one kind alone

    return LTXVideoCondition(image=picture, frame_index=index)


def _takes_a_picture(pipeline: str) -> bool:
    made = getattr(diffusers, pipeline, None)
    return made is not None and {"image", "num_frames"} <= set(inspect.signature(made.__call__).parameters)


def _part(rig: Rig) -> bool:
    """Encode and decode in slices and tiles; whether that was still to be done."""
    if rig.parted:
        return False
    rig.parted = True
    for part in ("slicing", "tiling"):
        switch = getattr(rig.pipeline.vae, f"enable_{part}", None)
        if switch is not None:
            switch()
    return True
