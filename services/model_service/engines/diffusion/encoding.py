"""Prompts longer than a text encoder: each piece is encoded by itself, and the embeddings are joined along the tokens.

The way of the Stable Diffusion web UI and of compel. The pooled embedding that SDXL takes besides is the first piece's, which
holds the subject.
"""

from collections.abc import Sequence
from typing import Any

import torch

from services.model_service.engines.diffusion.takes import Take


def embedded(pipeline: Any, takes: Sequence[Take], *, guided: bool) -> dict[str, Any]:
    """The pipeline's arguments for the takes' prompts, all of as many pieces; with `guided`, for what they are to avoid too."""
    prompts = [_encoded(pipeline, take.prompt) for take in takes]
    arguments = _batched(prompts, "")
    if guided:
        if takes[0].negative:
            avoided = [_encoded(pipeline, take.negative) for take in takes]
        elif getattr(pipeline.config, "force_zeros_for_empty_prompt", False):
            avoided = [[torch.zeros_like(part) for part in prompt] for prompt in prompts]
        else:
            empty = ("",) * len(takes[0].prompt)
            avoided = [_encoded(pipeline, empty)] * len(takes)
        arguments |= _batched(avoided, "negative_")
    return arguments


def _encoded(pipeline: Any, texts: Sequence[str]) -> list[torch.Tensor]:
    """The texts' embeddings as one sequence (1 × tokens × width) and, where the pipeline pools, the first text's pooled one."""
    device = pipeline._execution_device  # noqa: SLF001 -- where the encoders run, which offloading may move
    with torch.no_grad():
        found = pipeline.encode_prompt(
            prompt=list(texts), device=device, num_images_per_prompt=1, do_classifier_free_guidance=False
        )
    sequence = found[0].reshape(1, -1, found[0].shape[-1])
    return [sequence, found[2][:1]] if len(found) > 2 else [sequence]


def _batched(encoded: Sequence[Sequence[torch.Tensor]], prefix: str) -> dict[str, Any]:
    joined = [torch.cat(list(parts)) for parts in zip(*encoded, strict=True)]
    names = (f"{prefix}prompt_embeds", f"{prefix}pooled_prompt_embeds")
    return dict(zip(names, joined, strict=False))
