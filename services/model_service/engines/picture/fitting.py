"""Pictures of any size as pictures of the asked size."""

import numpy as np
import numpy.typing as npt
from PIL import Image


def fitted(pixels: npt.NDArray[np.uint8], width: int, height: int) -> Image.Image:
    """Pixels (height × width × 3) at exactly the asked size: cut at the centre to its shape, resampled with Lanczos' kernel."""
    image = Image.fromarray(pixels)
    if image.size == (width, height):
        return image
    scale = min(image.width / width, image.height / height)
    # Rounded, what is left of a side that is not cut may be less than nothing.
    cut_x, cut_y = max(image.width - width * scale, 0.0) / 2, max(image.height - height * scale, 0.0) / 2
    box = (cut_x, cut_y, image.width - cut_x, image.height - cut_y)
    return image.resize((width, height), Image.Resampling.LANCZOS, box=box)
