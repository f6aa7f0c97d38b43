"""Keyframes from diffusion models: any text-to-image weights that diffusers loads from a folder, SD-Turbo by default."""

import structlog
import torch

from services.core.errors import EngineFailed
from services.core.model import Accepts, Engine
from services.core.requests import MOST_REFERENCES, KeyframeRequest, Service
from services.model_service.engine import Job, MadeFile, Output
from services.model_service.engines.diffusion import families
from services.model_service.engines.diffusion.device import choose, multiply_in_tf32, precision
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.diffusion.loading import Folder, Loader
from services.model_service.engines.diffusion.model import ENGINE, quieten
from services.model_service.engines.diffusion.settings import PREFIX, DiffusersSettings
from services.model_service.engines.diffusion.studio import Studio
from services.model_service.engines.picture.fitting import fitted
from services.model_service.equipment import Equipment
from services.model_service.residency import Residency
from services.model_service.settings import usable_cpus

_log = structlog.get_logger(__name__)

_VERSION = "2"
_PNG_EFFORT = 1
"""zlib's level: the next ones take twice the time for a sixth of the bytes."""


class Diffusers:
    """A `Generator` for `KeyframeRequest`. File: `image` (PNG of exactly the asked size).

    `meta`: `model`, `family`, `prompt` (the words that the model read), `steps`, `guidance`, `seed`, `size` (as painted), `batch`
    (pictures made by its call), `seconds` (of that call), and `changed` (what of the request was changed or ignored, and why).

    Equal requests give equal bytes on the same device when they are painted alone. In a batch the noise is the same, but sums are
    added in another order: pictures may differ by a few levels of 255 from those painted alone or in a batch of another size.
    `STORYREEL_DIFFUSERS_BATCH=1`, the default on a CPU, keeps the bytes for the price of throughput.
    """

    def __init__(self, settings: DiffusersSettings, residency: Residency, *, workers: int) -> None:
        """`workers` is how many requests come at once at most."""
        self._settings = settings
        self._residency = residency
        self._workers = workers
        self._studio: Studio | None = None

    @classmethod
    def create(cls, equipment: Equipment) -> "Diffusers":
        return cls(DiffusersSettings(), equipment.residency, workers=equipment.settings.workers(Service.KEYFRAMES))

    @property
    def identity(self) -> Engine:
        studio = self._loaded()
        references = MOST_REFERENCES if self._settings.ip_adapter else 0
        return Engine(ENGINE, _VERSION, studio.revision, Accepts(references=references, chinese=studio.family.chinese))

    def load(self) -> None:
        """Look through the folder, put the model on its device and paint once, so that all is warm.

        Raises EngineFailed with what is missing or wrong, ResourceExhausted when the device is full.
        """
        quieten()
        settings = self._settings
        device = choose(settings.device, engine=ENGINE, setting=PREFIX + "DEVICE")
        dtype = precision(settings.dtype, device, engine=ENGINE, setting=PREFIX + "DTYPE")
        folder = Loader(ENGINE, PREFIX + "MODEL").find(settings.model, settings.revision)
        family = self._family(folder)
        if device.type == "cpu":
            torch.set_num_threads(settings.threads or usable_cpus())
        else:
            multiply_in_tf32(settings.tf32)
        studio = Studio(settings, self._residency, folder=folder, family=family, device=device, dtype=dtype, workers=self._workers)
        studio.warm_up()
        self._studio = studio
        _log.info("diffusers is ready", model=settings.model, family=family.name, device=str(device), dtype=str(dtype))

    def run(self, request: KeyframeRequest, job: Job) -> Output:
        """Paint it. Raises Cancelled, ContentViolation, ResourceExhausted DEVICE_MEMORY_FULL, EngineFailed."""
        studio = self._loaded()
        job.progress(0.0, "waiting")
        take = studio.mapper.take(request, job.media)
        painted = studio.batcher.submit(take.kind, take, job)
        job.progress(0.92, "saving")
        picture = job.folder / "image.png"
        fitted(painted.pixels, request.width, request.height).save(picture, compress_level=_PNG_EFFORT)
        job.progress(1.0, "done")
        tiled = ("decoded in tiles, for want of memory",) if painted.tiled else ()
        return Output(
            files={"image": MadeFile(picture, "image/png")},
            meta={
                "model": self._settings.model,
                "family": studio.family.name,
                "prompt": " ".join(take.prompt).strip(),
                "steps": take.steps,
                "guidance": take.guidance,
                "seed": take.seed,
                "size": [take.width, take.height],
                "batch": painted.batch,
                "seconds": round(painted.seconds, 4),
                "changed": [*take.changed, *tiled],
            },
        )

    def _family(self, folder: Folder) -> Family:
        name = self._settings.family
        if name == "auto":
            return families.recognise(folder, self._settings.model)
        if name not in families.FAMILIES:
            known = ", ".join(("auto", *families.FAMILIES))
            raise EngineFailed("BAD_ENGINE_SETTING", engine=ENGINE, setting=PREFIX + "FAMILY", found=name, known=known)
        return families.sized(families.FAMILIES[name], folder)

    def _loaded(self) -> Studio:
        if self._studio is None:
            raise RuntimeError("the engine diffusers is asked before it was loaded")
        return self._studio
