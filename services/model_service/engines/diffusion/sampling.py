"""Takes into pixels, several at once: the pipeline's call, with progress and cancelling by step, and what to do when memory ends.

The ladder, when the device's memory is full: halve the batch, then decode in slices and tiles, then evict the other models and
begin again with a whole batch, then give the request back to be tried later. What a size needed is remembered for the next picture
of that size, as long as the others are there that it was needed beside.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from services.core.errors import ContentViolation, EngineFailed, ResourceExhausted
from services.model_service.engines.diffusion import compiling
from services.model_service.engines.diffusion.batching import Member
from services.model_service.engines.diffusion.device import is_out_of_memory
from services.model_service.engines.diffusion.encoding import embedded
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.diffusion.model import ENGINE, Model
from services.model_service.engines.diffusion.settings import PREFIX
from services.model_service.engines.diffusion.takes import Take
from services.model_service.residency import DeviceMemory

Pixels = npt.NDArray[np.uint8]

_BEGUN, _DENOISED = 0.05, 0.90
"""Shares of the work when the first step begins and when the last one has ended."""
_RETRY_AFTER = 15.0
_NO_REFERENCE = (224, 224)


@dataclass(frozen=True, slots=True)
class Painted:
    """A picture as painted (height × width × 3). `batch` pictures were made by its call, which took `seconds`."""

    pixels: Pixels
    batch: int
    seconds: float
    tiled: bool


Group = Sequence[Member[Take, Painted]]


class _Deserted(Exception):
    """Nobody waits for the batch any more."""


class Sampler:
    """Paints batches, one at a time. `relieve` frees the device of other models, and says whether there were any."""

    def __init__(self, family: Family, memory: DeviceMemory, relieve: Callable[[], bool], *, most: int) -> None:
        self._family = family
        self._memory = memory
        self._relieve = relieve
        self._most = most
        self._fits: dict[tuple[int, int], int] = {}
        self._tiled: set[tuple[int, int]] = set()

    def paint(self, model: Model, members: Group) -> list[int]:
        """Answer every member that still waits with `Painted`, or fail it. All are of one kind.

        Gives how many were answered by each of the pipeline's calls.
        """
        calls: list[int] = []
        while waiting := [member for member in members if member.waits]:
            take = waiting[0].item
            group = waiting[: self._fits.get((take.width, take.height), self._most)]
            problem = self._attempt(model, group)
            if problem is None:
                calls.append(sum(member.answered for member in group))
            else:
                # Only here, outside the handler, are the failed call's tensors gone.
                self._memory.reclaim()
                self._descend(group, problem)
        return [count for count in calls if count]

    def _attempt(self, model: Model, group: Group) -> str | None:
        """Paint a group; what torch says when memory is full."""
        try:
            self._paint(model, group)
        except _Deserted:
            return None
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                failed = compiling.failure(error, engine=ENGINE, setting=PREFIX + "COMPILE")
                if failed is None:
                    raise
                raise failed from error
            return str(error).split("\n", 1)[0]
        return None

    def _descend(self, group: Group, problem: str) -> None:
        """One rung down."""
        take = group[0].item
        size = (take.width, take.height)
        if len(group) > 1:
            self._fits[size] = len(group) // 2
        elif size not in self._tiled:
            self._tiled.add(size)
        else:
            # What was needed beside the others, or beside another process, is not needed for ever.
            self._fits.pop(size, None)
            self._tiled.discard(size)
            if self._relieve():
                return
            what = f"a picture of {size[0]}×{size[1]}"
            group[0].fail(
                ResourceExhausted(
                    "DEVICE_MEMORY_FULL", device=self._memory.device, model=what, problem=problem, retry_after=_RETRY_AFTER
                )
            )

    def _paint(self, model: Model, group: Group) -> None:
        take = group[0].item
        tiled = (take.width, take.height) in self._tiled
        _decode_in_tiles(model.pipeline, tiled)
        began = monotonic()
        pictures = self._called(model, group)
        seconds = monotonic() - began
        painted: list[tuple[Member[Take, Painted], Pixels]] = []
        for member, picture in zip(group, pictures, strict=True):
            if picture is None:
                problem = f"it painted numbers that are not finite; set {PREFIX}DTYPE to bfloat16 or float32"
                member.fail(EngineFailed("ENGINE_FAILED", engine=ENGINE, problem=problem))
            else:
                painted.append((member, picture))
        flags = model.checker.flagged([picture for _, picture in painted]) if model.checker and painted else [False] * len(painted)
        for (member, picture), flagged in zip(painted, flags, strict=True):
            if flagged:
                member.fail(ContentViolation("CONTENT_VIOLATION", problem="the safety checker flagged the picture"))
            else:
                member.give(Painted(picture, len(group), seconds, tiled))

    def _called(self, model: Model, group: Group) -> list[Pixels | None]:
        """The pipeline's pictures of a group, in its order; None for one that is not made of finite numbers."""
        pipeline, takes = model.pipeline, [member.item for member in group]

        def ended(_: Any, index: int, __: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            steps = max(1, getattr(pipeline, "num_timesteps", takes[0].steps))
            for member in group:
                member.report(_BEGUN + (_DENOISED - _BEGUN) * (index + 1) / steps, f"step {index + 1}/{steps}")
            if all(member.left for member in group):
                raise _Deserted
            return tensors

        for member in group:
            member.report(_BEGUN, "painting")
        asked: dict[str, Any] = {
            "width": takes[0].width,
            "height": takes[0].height,
            "num_inference_steps": takes[0].steps,
            "guidance_scale": takes[0].guidance,
            # On the CPU, so that a seed is the same noise on every device and beside whatever other pictures.
            "generator": [torch.Generator("cpu").manual_seed(take.seed) for take in takes],
            "output_type": "pt",
            "max_sequence_length": self._family.tokens,
            "callback_on_step_end": ended,
            **self._words(pipeline, takes),
            **_references(model, takes[0]),
        }
        known = inspect.signature(type(pipeline).__call__).parameters
        with torch.no_grad():
            images = pipeline(**{name: value for name, value in asked.items() if name in known}).images
            finite = torch.isfinite(images).flatten(1).all(1).tolist()
            levels = (images.float().nan_to_num() * 255).round().clamp(0, 255).to(torch.uint8)
            pixels: Pixels = levels.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return [picture if whole else None for picture, whole in zip(pixels, finite, strict=True)]

    def _words(self, pipeline: Any, takes: Sequence[Take]) -> dict[str, Any]:
        """The prompts as the pipeline takes them: as text where that fits its encoder, else as joined embeddings."""
        guided = bool(takes[0].negative) or (self._family.negative and takes[0].guidance > 1)
        if len(takes[0].prompt) > 1:
            return embedded(pipeline, takes, guided=guided)
        words: dict[str, Any] = {"prompt": [take.prompt[0] for take in takes]}
        if takes[0].negative:
            words["negative_prompt"] = [take.negative[0] for take in takes]
        return words


def _decode_in_tiles(pipeline: Any, tiled: bool) -> None:
    vae = getattr(pipeline, "vae", None)
    for part in ("slicing", "tiling"):
        switch = getattr(vae, f"{'enable' if tiled else 'disable'}_{part}", None)
        if switch is not None:
            switch()


def _references(model: Model, take: Take) -> dict[str, Any]:
    """Reference pictures for the IP-Adapter. With one loaded, the pipeline wants a picture even where none is to count."""
    if model.reference_scale is None:
        return {}
    model.pipeline.set_ip_adapter_scale(model.reference_scale if take.references else 0.0)
    if not take.references:
        return {"ip_adapter_image": [Image.new("RGB", _NO_REFERENCE)]}
    pictures = []
    for path in take.references:
        with Image.open(path) as opened:
            pictures.append(opened.convert("RGB"))
    return {"ip_adapter_image": [pictures]}
