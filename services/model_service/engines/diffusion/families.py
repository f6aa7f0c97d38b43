"""What weights take: steps, guidance, size, words. One row a family, and how a folder is told to be of it.

The figures are those of the models' own cards: SD-Turbo and SDXL-Turbo are distilled for 1 to 4 steps without guidance at
512²; latent consistency models for 2 to 8; FLUX.1-schnell for 1 to 4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.model_service.engines.diffusion.loading import Folder


@dataclass(frozen=True, slots=True)
class Family:
    """Defaults and limits of one kind of weights. Sizes are pixels.

    `guidance` 0 as the highest means that the model is not guided at all; `text` is how it takes words beyond its encoder's
    length: `pieces` (CLIP: encoded piecewise, the embeddings joined) or `cut`. `tokens` is that length.
    """

    name: str
    steps: int
    most_steps: int
    guidance: float
    most_guidance: float
    native: int
    block: int = 16
    tokens: int = 77
    text: str = "pieces"
    negative: bool = True
    chinese: bool = False
    trailing: bool = False
    """Whether the sampler's steps must be spaced trailing, as the model was distilled with."""

    @property
    def guided(self) -> bool:
        """Whether guidance means anything to it."""
        return self.most_guidance > 0


TURBO = Family("turbo", 2, 4, 0.0, 0.0, 512, negative=False, trailing=True)
LCM = Family("lcm", 4, 8, 8.5, 20.0, 768, negative=False)
SD = Family("sd", 25, 150, 7.5, 30.0, 512)
SDXL = Family("sdxl", 30, 150, 5.0, 30.0, 1024)
SD3 = Family("sd3", 28, 150, 7.0, 30.0, 1024, tokens=256, text="cut")
FLUX_DEV = Family("flux-dev", 28, 150, 3.5, 30.0, 1024, tokens=512, text="cut", negative=False)
FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        TURBO,
        LCM,
        SD,
        SDXL,
        replace(TURBO, name="sdxl-turbo"),
        SD3,
        replace(SD3, name="sd3-turbo", steps=4, most_steps=8, guidance=0.0, most_guidance=0.0, negative=False),
        FLUX_DEV,
        replace(FLUX_DEV, name="flux-schnell", steps=4, most_steps=4, guidance=0.0, most_guidance=0.0, tokens=256),
        Family("other", 30, 150, 5.0, 30.0, 1024, text="cut", tokens=512, chinese=True),
    )
}
"""By name, as the setting `family` takes them."""

_SMALLEST_NATIVE = 64


def recognise(folder: Folder, model: str) -> Family:
    """The family that a folder belongs to, with the native size that its own configuration states."""
    return sized(FAMILIES[_name(folder, model.lower())], folder)


def sized(family: Family, folder: Folder) -> Family:
    """The family with the folder's own native size, where it states one."""
    module = folder.config("unet") or folder.config("transformer")
    latents = module.get("sample_size")
    if not isinstance(latents, int):
        return family
    blocks = folder.config("vae").get("block_out_channels", (0, 0, 0, 0))
    native = latents * 2 ** (len(blocks) - 1)
    return replace(family, native=native) if native >= _SMALLEST_NATIVE else family


def _name(folder: Folder, model: str) -> str:
    unet, scheduler = folder.config("unet"), folder.config("scheduler", "scheduler_config.json")
    turbo = "turbo" in model or _distilled(scheduler)
    pipeline = folder.pipeline
    if pipeline.startswith("LatentConsistency") or unet.get("time_cond_proj_dim") is not None:
        return "lcm"
    if pipeline.startswith("StableDiffusionXL"):
        return "sdxl-turbo" if turbo else "sdxl"
    if pipeline.startswith("StableDiffusion3"):
        return "sd3-turbo" if "turbo" in model else "sd3"
    if pipeline.startswith("StableDiffusion"):
        return "turbo" if turbo else "sd"
    if pipeline.startswith("Flux") and not pipeline.startswith("Flux2"):
        return "flux-dev" if folder.config("transformer").get("guidance_embeds") else "flux-schnell"
    return "other"


def _distilled(scheduler: Mapping[str, Any]) -> bool:
    """SD-Turbo and SDXL-Turbo ship an Euler sampler with trailing steps, which the models they come from do not."""
    return str(scheduler.get("_class_name")).startswith("Euler") and scheduler.get("timestep_spacing") == "trailing"
