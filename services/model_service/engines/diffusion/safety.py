"""The safety checker of Stable Diffusion: CLIP's view of a picture against concepts that are not to be shown."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from PIL import Image
from transformers import CLIPImageProcessor


class Checker:
    """Tells which pictures are not to be shown."""

    def __init__(self, checker: Path, extractor: Path, device: torch.device, dtype: torch.dtype) -> None:
        """From the folders of the checker's weights and of its preprocessor's configuration."""
        module: Any = StableDiffusionSafetyChecker.from_pretrained(
            checker, dtype=dtype, use_safetensors=True, local_files_only=True
        )
        self.module: torch.nn.Module = module.to(device)
        self._extractor = CLIPImageProcessor.from_pretrained(extractor, local_files_only=True)
        self._device = device
        self._dtype = dtype

    def flagged(self, pictures: Sequence[npt.NDArray[np.uint8]]) -> list[bool]:
        """For each picture (height × width × 3), whether it is refused."""
        images = [Image.fromarray(picture) for picture in pictures]
        seen = self._extractor(images, return_tensors="pt").pixel_values.to(self._device, self._dtype)
        # The module blackens what it flags; it is given stand-ins, since flagged pictures are thrown away anyhow.
        stand_ins = [np.zeros((1, 1, 3), np.float32) for _ in images]
        _, flags = self.module(clip_input=seen, images=stand_ins)
        return [bool(flag) for flag in flags]
