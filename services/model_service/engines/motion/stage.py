"""A video model on its device: built from its folder, kept by the residency, and made smaller when memory ends."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import diffusers
import structlog
import torch
from safetensors import SafetensorError

from services.core.errors import EngineFailed, ResourceExhausted
from services.model_service.engines.diffusion import compiling
from services.model_service.engines.diffusion.batching import Watcher
from services.model_service.engines.diffusion.device import TorchMemory, choose, is_out_of_memory, multiply_in_tf32, precision
from services.model_service.engines.diffusion.loading import Folder, Loader
from services.model_service.engines.diffusion.model import quieten
from services.model_service.engines.motion.settings import VideoModelSettings
from services.model_service.residency import Residency
from services.model_service.settings import usable_cpus

_log = structlog.get_logger(__name__)

T = TypeVar("T")

_WORKING_MEMORY = 1.5
"""What loading and one clip take at least, in shares of the weights."""
_RETRY_AFTER = 60.0
_DENOISERS = ("unet", "transformer", "transformer_2")


@dataclass(slots=True)
class Rig:
    """A pipeline on its device.

    `offloaded`: its parts come to the device only when they are used. `parted`: it computes in smaller parts. `aside`: the parts
    of it that wait in main memory until the next clip.
    """

    pipeline: Any
    offloaded: bool = False
    parted: bool = False
    aside: tuple[torch.nn.Module, ...] = ()

    @property
    def components(self) -> Mapping[str, Any]:
        """All that may hold memory of the device."""
        components: Mapping[str, Any] = self.pipeline.components
        return components


class Stage:
    """The device and the folder of one engine. Making one looks both through; the weights are read on first use.

    Raises EngineFailed DEVICE_MISSING, BAD_ENGINE_SETTING, ENGINE_NEEDS_GPU, WEIGHTS_MISSING, WEIGHTS_BROKEN.
    """

    def __init__(self, settings: VideoModelSettings, residency: Residency, *, engine: str, prefix: str) -> None:
        quieten()
        self._settings = settings
        self._residency = residency
        self._engine = engine
        self._prefix = prefix
        self.device = choose(settings.device, engine=engine, setting=prefix + "DEVICE")
        if self.device.type == "cpu" and not settings.force_cpu:
            raise EngineFailed("ENGINE_NEEDS_GPU", engine=engine, setting=prefix + "FORCE_CPU")
        self.dtype = precision(settings.dtype, self.device, engine=engine, setting=prefix + "DTYPE")
        self.loader = Loader(engine, prefix + "MODEL")
        self.folder: Folder = self.loader.find(settings.model, settings.revision)
        self.memory = TorchMemory(self.device)
        self._name = f"{engine}/{Path(settings.model).name}"
        self._needs = round(self.folder.parameters * self.dtype.itemsize * _WORKING_MEMORY)
        if self.device.type == "cpu":
            torch.set_num_threads(settings.threads or usable_cpus())
        else:
            multiply_in_tf32(settings.tf32)

    @contextmanager
    def use(self, build: Callable[[], Rig], job: Watcher) -> Iterator[Rig]:
        """Have the device to oneself with the model on it. What offloading holds on it is let go afterwards."""
        needs = self._needs if self._settings.offload == "none" else 0
        with self._residency.use(self._name, build, memory=self.memory, tenant=job.tenant, check=job.check, needs=needs) as rig:
            self.within_memory(lambda: self._fetch(rig), (self.relieve,), self._name)
            try:
                yield rig
            finally:
                rig.pipeline.maybe_free_model_hooks()

    def build(self, pipeline: str, *, exact: Iterable[str] = ()) -> Rig:
        """Read the weights as the diffusers class `pipeline`; of its parts, those in `exact` in float32.

        Raises EngineFailed WEIGHTS_BROKEN; torch's errors when memory is full.
        """
        dtypes = {"default": self.dtype, **dict.fromkeys(exact, torch.float32)}
        try:
            built = getattr(diffusers, pipeline).from_pretrained(
                self.folder.path,
                dtype=dtypes,
                variant=self.folder.variant or None,
                use_safetensors=True,
                local_files_only=True,
            )
        except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
            if is_out_of_memory(error):
                raise
            raise self.loader.broken(self.folder.path, " ".join(str(error).split())[:300]) from error
        built.set_progress_bar_config(disable=True)
        if self._settings.compile:
            try:
                compiling.compile_parts((getattr(built, name, None) for name in _DENOISERS), self.device)
            except RuntimeError as error:
                failed = compiling.failure(error, engine=self._engine, setting=self._prefix + "COMPILE")
                raise failed or error from error
        rig = Rig(built)
        if self._settings.offload == "none" or not self.offload(rig, sequential=self._settings.offload == "sequential"):
            built.to(self.device)
        return rig

    def offload(self, rig: Rig, *, sequential: bool = False) -> bool:
        """Move to main memory what is not used at the moment; whether that was still to be done."""
        if rig.offloaded or self.device.type == "cpu":
            return False
        if sequential:
            rig.pipeline.enable_sequential_cpu_offload(device=self.device)
        else:
            rig.pipeline.enable_model_cpu_offload(device=self.device)
        rig.offloaded = True
        return True

    def set_aside(self, rig: Rig, *parts: torch.nn.Module) -> bool:
        """Move parts that are not needed any more for this clip to main memory; whether that was still to be done."""
        if rig.offloaded or rig.aside:
            return False
        rig.aside = parts
        for part in parts:
            part.to("cpu")
        return True

    def _fetch(self, rig: Rig) -> None:
        """Put back what was set aside for the last clip: meanwhile another model may have taken its room."""
        for part in rig.aside:
            part.to(self.device)
        rig.aside = ()

    def relieve(self) -> bool:
        """Evict the other models; whether there were any."""
        return self._residency.relieve(self._name, self.memory)

    def within_memory(self, attempt: Callable[[], T], rungs: Iterable[Callable[[], bool]], what: str) -> T:
        """What `attempt` gives, which is made again one rung further down each time that the device's memory is full.

        A rung says whether it changed anything. Raises ResourceExhausted DEVICE_MEMORY_FULL below the last one.
        """
        left = iter(rungs)
        while True:
            try:
                return attempt()
            except (RuntimeError, MemoryError) as error:
                if not self.memory.is_out_of_memory(error):
                    failed = compiling.failure(error, engine=self._engine, setting=self._prefix + "COMPILE")
                    if failed is None:
                        raise
                    raise failed from error
                problem = str(error).split("\n", 1)[0]
            # Outside the handler: the error's traceback would keep the failed attempt's tensors alive.
            self.memory.reclaim()
            if not any(rung() for rung in left):
                raise ResourceExhausted(
                    "DEVICE_MEMORY_FULL", device=self.memory.device, model=what, problem=problem, retry_after=_RETRY_AFTER
                )
            _log.warning("the device's memory is full; the clip is made in smaller parts", engine=self._engine, problem=problem)
