"""What a card is painted on: the planes of a frame of video, in which a picture is half of what it is in red, green and blue."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from services.model_service.engines.film.card_looks import Colour
from services.model_service.engines.film.frames import Plane, Planes
from services.model_service.engines.film.lettering import Alpha

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
_BLUE, _RED = 1.8556, 1.5748
"""BT.709: the weights of red, green and blue in brightness, and how far blue and red can be from it."""
_NOTHING = (16, 128, 128)
"""The planes' levels of black."""


def planes(picture: NDArray[np.float32]) -> Planes:
    """A picture (height × width, both even, × red, green, blue from 0 to 1) as planes."""
    luma = np.asarray(picture @ _LUMA, np.float32)
    blue, red = (_halved(picture[..., channel] - luma) for channel in (2, 0))
    return _bytes(16 + 219 * luma), _bytes(128 + 224 * blue / _BLUE), _bytes(128 + 224 * red / _RED)


def moved(ground: Planes, size: tuple[int, int], scale: float) -> Planes:
    """The ground's middle in a frame of this width and height, `scale` times as large."""
    width, height = size
    away = (width - scale * ground[0].shape[1]) / 2, (height - scale * ground[0].shape[0]) / 2
    luma = _warped(ground[0], size, scale, away)
    # A sample of colour lies in the middle of four of brightness.
    half = (away[0] + 0.5 * (scale - 1)) / 2, (away[1] + 0.5 * (scale - 1)) / 2
    blue, red = (_warped(plane, (width // 2, height // 2), scale, half) for plane in ground[1:])
    return luma, blue, red


def middle(ground: Planes, size: tuple[int, int]) -> Planes:
    """The ground's middle as it is, to be painted on."""
    left, top = ((ground[0].shape[1] - size[0]) // 4 * 2, (ground[0].shape[0] - size[1]) // 4 * 2)
    luma, blue, red = (
        plane[top // part : (top + size[1]) // part, left // part : (left + size[0]) // part].copy()
        for plane, part in zip(ground, (1, 2, 2), strict=True)
    )
    return luma, blue, red


def dimmed(canvas: Planes, light: float) -> Planes:
    """The canvas in `light` (0 to 1) of what it had."""
    scaled = (
        cv2.convertScaleAbs(plane, alpha=light, beta=(1 - light) * zero) for plane, zero in zip(canvas, _NOTHING, strict=True)
    )
    luma, blue, red = (np.asarray(plane, np.uint8) for plane in scaled)
    return luma, blue, red


def lay(canvas: Planes, alpha: Alpha, colour: Colour, corner: tuple[int, int]) -> None:
    """Lay a colour over the canvas, in place; `alpha` (0 to 1) begins at `corner`, left and top, and may reach beyond the frame."""
    for view, part, level, _ in _parts(canvas, alpha, colour, corner):
        view[:] = cv2.blendLinear(view, np.full_like(view, level), 1 - part, part)


def shine(canvas: Planes, alpha: Alpha, colour: Colour, corner: tuple[int, int]) -> None:
    """Add light of a colour to the canvas, as `lay` lays it; `alpha` may be more than 1."""
    for view, part, level, nothing in _parts(canvas, alpha, colour, corner):
        view[:] = _bytes(view + part * (level - nothing))


def _parts(canvas: Planes, alpha: Alpha, colour: Colour, corner: tuple[int, int]) -> Iterator[tuple[Plane, Alpha, int, int]]:
    """Of each plane, the part that is painted on, its coverage, the level of the colour there, and that of black."""
    alpha, left, top = _fitted(alpha, corner, canvas[0].shape)
    if not alpha.size:
        return
    height, width = alpha.shape
    half = _halved(alpha)
    yield canvas[0][top : top + height, left : left + width], alpha, _levels(colour)[0], _NOTHING[0]
    for plane, level, nothing in zip(canvas[1:], _levels(colour)[1:], _NOTHING[1:], strict=True):
        yield plane[top // 2 : (top + height) // 2, left // 2 : (left + width) // 2], half, level, nothing


def _fitted(alpha: Alpha, corner: tuple[int, int], shape: tuple[int, ...]) -> tuple[Alpha, int, int]:
    """What of `alpha` lies in the frame, and where: from an even column and row on, to one."""
    left, top = corner
    rows, columns = (top % 2, (top + alpha.shape[0]) % 2), (left % 2, (left + alpha.shape[1]) % 2)
    if any((*rows, *columns)):
        alpha = np.pad(alpha, (rows, columns))
    left, top = left - columns[0], top - rows[0]
    inside = alpha[max(-top, 0) : max(shape[0] - top, 0), max(-left, 0) : max(shape[1] - left, 0)]
    return inside, max(left, 0), max(top, 0)


def _levels(colour: Colour) -> tuple[int, int, int]:
    luma, blue, red = (int(plane[0, 0]) for plane in planes(np.full((2, 2, 3), colour, np.float32) / np.float32(255)))
    return luma, blue, red


def _warped(plane: Plane, size: tuple[int, int], scale: float, away: tuple[float, float]) -> Plane:
    matrix = np.array([[scale, 0, away[0]], [0, scale, away[1]]])
    return np.asarray(cv2.warpAffine(plane, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _bytes(levels: NDArray[np.float32]) -> Plane:
    return np.asarray(np.clip(levels + 0.5, 0, 255), np.uint8)


def _halved(plane: Alpha) -> Alpha:
    height, width = plane.shape
    return np.asarray(cv2.resize(plane, (width // 2, height // 2), interpolation=cv2.INTER_AREA), np.float32)
