"""Moving a plane by less than a pixel at the price of resizing it.

OpenCV's `warpAffine` spends most of its time on addresses, which `resize` shares between rows: that is three times as fast and as
exact, but can only begin at a whole pixel. So the plane is resized from a few pixels before what is wanted: each pixel further
back lands at another fraction, and one of them is the fraction needed. For that a plane is kept a little finer than it is
shown (`FINER`), so that the fractions differ from pixel to pixel. Where none fits, `warpAffine` does it.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array

FINER = 1.05
"""Pixels kept to a pixel shown, at the clip's nearest. At a whole number every pixel would have the same fraction."""
BEHIND = 44
"""Pixels of a plane that may be read beyond what is drawn, on either side."""
SPARE = 44
"""How much larger than what is wanted a buffer must be, along each axis."""


@dataclass(frozen=True, slots=True)
class Care:
    """How near to its place a plane must come, in pixels: within `good`, or within `fit` if `most` pixels back give no better."""

    good: float
    fit: float
    most: int


LUMA, CHROMA = Care(0.015, 0.04, 30), Care(0.04, 0.09, 14)
"""Of colour, the eye sees neither the place nor the motion as sharply as of light."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Along one axis: `size` pixels wanted, of which pixel i has its left edge at `ratio * i + offset` on the plane.

    If `fits`, resizing `length` pixels of the plane from `start` gives `resized` pixels, those wanted after the first `skipped`.
    """

    size: int
    ratio: float
    offset: float
    fits: bool = False
    start: int = 0
    length: int = 0
    skipped: int = 0
    resized: int = 0


def cut(size: int, ratio: float, offset: float, available: int, care: Care) -> Cut:
    """How to cut `size` pixels from a plane of `available` pixels."""
    best, skipped = 1.0, 0
    for back in range(care.most + 1):
        at = offset - back * ratio
        off = abs(at - round(at))
        if off < best:
            best, skipped = off, back
            if off < care.good:
                break
    start = round(offset - skipped * ratio)
    length = math.ceil((size + skipped) * ratio) + 1
    if best > care.fit or start < 0 or start + length > available:
        return Cut(size, ratio, offset)
    return Cut(size, ratio, offset, True, start, length, skipped, round(length * (1 / ratio)))


def move(plane: Array, across: Cut, down: Cut, buffer: Array) -> Array:
    """The pixels wanted of a plane (uint8, one channel), down × across, in the buffer's memory."""
    if across.fits and down.fits:
        source = plane[down.start : down.start + down.length, across.start : across.start + across.length]
        target = buffer[: down.resized, : across.resized]
        resized = cv2.resize(source, None, target, 1 / across.ratio, 1 / down.ratio, cv2.INTER_LINEAR)
        return np.asarray(resized[down.skipped : down.skipped + down.size, across.skipped : across.skipped + across.size])
    # OpenCV counts by pixels' centres, half a pixel from the edges.
    matrix = np.array(
        [
            [across.ratio, 0, across.offset + (across.ratio - 1) / 2],
            [0, down.ratio, down.offset + (down.ratio - 1) / 2],
        ],
        np.float64,
    )
    target = buffer[: down.size, : across.size]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(plane, matrix, (across.size, down.size), target, flags, cv2.BORDER_REPLICATE))
