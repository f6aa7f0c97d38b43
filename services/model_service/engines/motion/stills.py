"""The pictures that a clip begins and ends with, as its model takes them, and its frames as pixels."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageFilter, UnidentifiedImageError

from services.core.errors import EngineFailed
from services.model_service.engines.diffusion import sizes
from services.model_service.engines.diffusion.families import Family
from services.model_service.engines.motion.footage import MOST_PIXELS, Pixels
from services.model_service.engines.picture.fitting import fitted

_MISFIT = 0.03
"""The share of a side that is cut off to fill the model's frame; with more to lose, the picture stands whole before itself."""


@dataclass(frozen=True, slots=True)
class Mount:
    """A clip of `shape` (width, height) within a model's frame of `size`: all of it, or as much as fits in that shape."""

    shape: tuple[int, int]
    size: tuple[int, int]

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the clip in the frame."""
        width, height = self.size
        asked, given = self.shape[0] / self.shape[1], width / height
        if min(asked, given) / max(asked, given) >= 1 - _MISFIT:
            return 0, 0, width, height
        scale = min(width / self.shape[0], height / self.shape[1])
        inner = (min(width, 2 * round(self.shape[0] * scale / 2)), min(height, 2 * round(self.shape[1] * scale / 2)))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        return left, top, left + inner[0], top + inner[1]

    def still(self, path: Path, *, engine: str) -> Image.Image:
        """The picture in the clip's window of a frame, and around it itself, out of focus.

        Raises EngineFailed ENGINE_FAILED for what is no picture.
        """
        pixels = _read(path, engine)
        left, top, right, bottom = self.window
        inner = fitted(pixels, right - left, bottom - top)
        if inner.size == self.size:
            return inner
        around = fitted(pixels, *self.size).filter(ImageFilter.GaussianBlur(min(self.size) / 24))
        around.paste(inner, (left, top))
        return around

    def cut(self, frames: Any) -> Any:
        """The clip's window of a tensor of frames (frames × 3 × height × width)."""
        left, top, right, bottom = self.window
        return frames[..., top:bottom, left:right]


def native(width: int, height: int, *, side: int, block: int) -> Mount:
    """The model's frame for a clip of that shape: about as many pixels as a square of `side`, in whole blocks."""
    # Of two sizes as near, the smaller: a third more pixels are more than a third more time.
    return Mount((width, height), sizes.native(width, height, Family("video", 1, 1, 0.0, 0.0, side - 1, block=block)))


def pixels(frames: Any, *, engine: str, setting: str) -> Iterator[Pixels]:
    """A tensor of frames (frames × 3 × height × width, from 0 to 1) as pixels, one by one.

    Raises EngineFailed for numbers that are not finite, which float16 may end in; `setting` mends that.
    """
    for frame in frames:
        if not bool(torch.isfinite(frame).all()):
            problem = f"it made numbers that are not finite; set {setting} to bfloat16 or float32"
            raise EngineFailed("ENGINE_FAILED", engine=engine, problem=problem)
        levels = (frame.float().clamp(0, 1) * 255).round().to(torch.uint8)
        yield levels.permute(1, 2, 0).contiguous().cpu().numpy()


def _read(path: Path, engine: str) -> Pixels:
    try:
        with Image.open(path) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise EngineFailed("ENGINE_FAILED", engine=engine, problem=f"a keyframe of {opened.width}×{opened.height} pixels")
            return np.asarray(opened.convert("RGB"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise EngineFailed(
            "ENGINE_FAILED", engine=engine, problem=f"the keyframe is no picture ({type(error).__name__})"
        ) from error
