"""Pictures as Jimeng takes them: JPEG in base64, within its bounds of size, shape and bytes."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from services.model_service.engines.picture.fitting import fitted
from services.model_service.engines.remote.volcano import models

_QUALITIES = (95, 90, 80, 65, 50, 30)


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture to be sent, and its size in pixels."""

    data: bytes
    size: tuple[int, int]

    @property
    def text(self) -> str:
        return base64.b64encode(self.data).decode("ascii")


def frame(
    path: Path,
    *,
    size: tuple[int, int] | None = None,
    largest: int = models.LARGEST_PICTURE,
    longest: int = models.LONGEST_SIDE,
) -> Frame:
    """The picture at `path`, at `size` or else as near to its own as the bounds allow, in at most `largest` bytes."""
    with Image.open(path) as image:
        pixels = np.asarray(image.convert("RGB"))
    width, height = size or bounded(pixels.shape[1], pixels.shape[0], longest)
    picture = fitted(pixels, width, height)
    for quality in _QUALITIES:
        target = io.BytesIO()
        picture.save(target, format="JPEG", quality=quality, subsampling=0 if quality > 80 else 2)
        if target.tell() <= largest:
            break
    return Frame(target.getvalue(), (width, height))


def bounded(width: int, height: int, longest: int = models.LONGEST_SIDE) -> tuple[int, int]:
    """The nearest size whose sides, `longest` at most, and shape are within the bounds."""
    shaped = round(min(width, height) * models.LONGEST_SHAPE)
    width, height = min(width, shaped), min(height, shaped)
    scale = max(models.SHORTEST_SIDE / min(width, height), 1.0)
    scale = min(scale, longest / max(width, height))
    return round(width * scale), round(height * scale)
