"""The engine's insides once it is loaded: requests become takes, takes gather into batches, batches become pictures."""

import hashlib
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

import diffusers
import structlog
import torch
import transformers

from services.core import recipes
from services.core.errors import ContentViolation
from services.model_service.engines.diffusion import sizes
from services.model_service.engines.diffusion.batching import Batcher, Member, Unwatched, Watcher
from services.model_service.engines.diffusion.device import TorchMemory
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.diffusion.loading import Folder
from services.model_service.engines.diffusion.model import ENGINE, IMAGE_ENCODER, Builder, Model, checker_folder
from services.model_service.engines.diffusion.sampling import Painted, Sampler
from services.model_service.engines.diffusion.settings import DiffusersSettings
from services.model_service.engines.diffusion.takes import Mapper, Take, Tokens
from services.model_service.engines.weights import sampled
from services.model_service.residency import Residency

_log = structlog.get_logger(__name__)

_BATCH_ON_GPU = 8
_WORKING_MEMORY = 1.25
"""What loading and one picture take, in shares of the weights."""
_TYPICAL = (1280, 720)


class Studio:
    """What paints: the model, which the residency keeps, and the ways of requests to it."""

    def __init__(
        self,
        settings: DiffusersSettings,
        residency: Residency,
        *,
        folder: Folder,
        family: Family,
        device: torch.device,
        dtype: torch.dtype,
        workers: int,
    ) -> None:
        self.family = family
        self.revision = _revision(settings, folder, family, device, dtype)
        self._settings = settings
        self._residency = residency
        self._build = Builder(settings, folder, family, device, dtype)
        self._memory = TorchMemory(device)
        self._name = f"{ENGINE}/{Path(settings.model).name}"
        self._needs = round(folder.parameters * dtype.itemsize * _WORKING_MEMORY)
        wanted = settings.batch or (1 if device.type == "cpu" else _BATCH_ON_GPU)
        most = min(wanted, workers)
        if most < wanted:
            _log.warning(
                "batches stay smaller than they could be", batch=wanted, workers=workers, setting="STORYREEL_KEYFRAME_WORKERS"
            )
        self._most = most
        self._sampler = Sampler(family, self._memory, lambda: residency.relieve(self._name, self._memory), most=most)
        self.batcher: Batcher[Take, Painted, Model] = Batcher(
            self._device,
            self._work,
            most=most,
            window=settings.batch_window_ms / 1000,
            waiting=residency.metrics.requests_waiting.labels(self._name).set,
            waited=residency.metrics.request_waited.labels(self._name).observe,
        )
        with self._device(Unwatched()) as model:
            tokens = _tokens(model, family)
            del model
        self.mapper = Mapper(
            family,
            tokens,
            steps=settings.steps,
            guidance=settings.guidance,
            negative=settings.negative_prompt,
            references=bool(settings.ip_adapter),
        )

    def warm_up(self) -> None:
        """Paint as the requests will: what is compiled or chosen by trial is then done."""
        if not (self._settings.warm_up or self._settings.compile):
            return
        cold = self._settings.compile or self._memory.device != "cpu"
        width, height = sizes.native(*_TYPICAL, self.family) if cold else (self.family.block * 4, self.family.block * 4)
        steps = self._settings.steps or self.family.steps
        guidance = self.family.guidance if self._settings.guidance is None else self._settings.guidance
        take = Take(("warm up",), (), min(2, steps), min(guidance, self.family.most_guidance), width, height, 0)
        with self._device(Unwatched()) as model:
            for count in sorted({1, min(2, self._most), self._most}) if cold else (1,):
                members: list[Member[Take, Painted]] = [Member(take, Unwatched()) for _ in range(count)]
                self._sampler.paint(model, members)
                for member in members:
                    with suppress(ContentViolation):  # it paints and it checks, which is all that is asked here
                        member.outcome()
            del model

    def _device(self, job: Watcher) -> AbstractContextManager[Model]:
        return self._residency.use(
            self._name, self._build, memory=self._memory, tenant=job.tenant, check=job.check, needs=self._needs
        )

    def _work(self, model: Model, members: Sequence[Member[Take, Painted]]) -> None:
        for answered in self._sampler.paint(model, members):
            self._residency.metrics.batch_size.labels(self._name).observe(answered)


def _tokens(model: Model, family: Family) -> Tokens:
    """The tokenizers that count: CLIP's where its pieces are joined, else that of the last encoder, which reads the longest text.

    A tokenizer without an encoder counts for nothing: Stable Diffusion 3 without T5 reads no more than CLIP does.
    """
    pairs = (("tokenizer", "text_encoder"), ("tokenizer_2", "text_encoder_2"), ("tokenizer_3", "text_encoder_3"))
    read = [tuple(getattr(model.pipeline, name, None) for name in pair) for pair in pairs]
    there = [tokenizer for tokenizer, encoder in read if tokenizer is not None and encoder is not None]
    return Tokens(there if family.text == "pieces" else there[-1:])


def _revision(settings: DiffusersSettings, folder: Folder, family: Family, device: torch.device, dtype: torch.dtype) -> str:
    """A digest of what decides a picture beside its request: the weights, what runs them, and how the settings use them."""
    decides: dict[str, Any] = {
        "weights": folder.digest,
        "libraries": [torch.__version__, diffusers.__version__, transformers.__version__],
        "family": family,
        "device": device.type,
        "dtype": str(dtype),
        "scheduler": settings.scheduler,
        "steps": settings.steps,
        "guidance": settings.guidance,
        "negative": settings.negative_prompt,
        "tf32": settings.tf32 and device.type == "cuda",
        "channels_last": settings.channels_last,
        "compile": settings.compile_backend if settings.compile else "",
        "safety": _weights(checker_folder(settings, folder)) if settings.safety_check else "",
        "references": _references(Path(settings.ip_adapter), settings.ip_adapter_scale) if settings.ip_adapter else [],
    }
    return hashlib.sha256(recipes.canonical(decides)).hexdigest()[:16]


def _references(adapter: Path, scale: float) -> list[Any]:
    """What decides how a reference counts. An image encoder in the model's own folder is one of its weights."""
    return [_weights(adapter), _weights(adapter.parent / IMAGE_ENCODER), scale]


def _weights(path: Path) -> str:
    """A digest of a file of weights, or of all that lies in a folder; empty where there is neither."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path] if path.is_file() else []
    return hashlib.sha256(b"".join(sampled(file) for file in files)).hexdigest() if files else ""
