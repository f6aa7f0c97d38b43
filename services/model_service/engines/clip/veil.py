"""What is before the place and does not answer the camera: falling rain and snow, and the lens (paper, grain, vignette).

A veil is never warped: it is blended plane by plane at whole or half pixels, a fifth of a layer's cost. Its speed is rounded to
half pixels a frame, so it falls evenly.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from services.model_service.engines.clip.planes import Planes, paint_of
from services.model_service.engines.keyframe.canvas import Array

_SLOW = 6.0
"""Pixels a frame below which half a pixel can be seen."""


class Veil:
    """A canvas (premultiplied uint8 BGRA, at least as large as the frame) that repeats at its edges and drifts over the frame."""

    def __init__(self, canvas: Array, drift: tuple[float, float], frame: tuple[int, int], fps: int) -> None:
        """`drift` is in pixels right and down a second."""
        height, width = canvas.shape[0] // 2 * 2, canvas.shape[1] // 2 * 2
        self._size = (width, height)
        self._steps = tuple(_half_pixels(speed / fps) for speed in drift)
        self._corner = ((width - frame[0]) // 4 * 2, (height - frame[1]) // 4 * 2)
        self._paint = paint_of(canvas[:height, :width])
        whole = [self._paint.luma, self._paint.uncovered]
        across, down = (_shares(step) for step in self._steps)
        self._phases = {
            (x, y): [_shifted(plate, (right, low)) for plate in whole] for x, right in across.items() for y, low in down.items()
        }

    def draw(self, index: int, frame: Planes) -> None:
        """Compose the veil over the frame, as it is at the clip's frame of that index."""
        x, y = (step * index for step in self._steps)
        luma, uncovered = self._phases[x % 2, y % 2]
        height, width = frame.luma.shape
        left, top = (self._corner[0] - x // 2) % self._size[0], (self._corner[1] - y // 2) % self._size[1]
        for there, here in _tiled(left, top, width, height, self._size):
            region = frame.luma[here]
            cv2.multiply(region, uncovered[there], region, 1 / 255)
            cv2.add(region, luma[there], region)
        for there, here in _tiled(left // 2, top // 2, width // 2, height // 2, (self._size[0] // 2, self._size[1] // 2)):
            for plane, paint in ((frame.blue, self._paint.blue), (frame.red, self._paint.red)):
                region = plane[here]
                cv2.multiply(region, self._paint.uncovered_half[there], region, 1 / 255)
                cv2.addWeighted(region, 1, paint[there], 1, -self._paint.lift, region)


Region = tuple[slice, slice]


def _half_pixels(step: float) -> int:
    """The step in half pixels; a fast one in whole pixels."""
    return 2 * round(step) if abs(step) > _SLOW else round(2 * step)


def _shares(step: int) -> dict[int, float]:
    """By how much of a pixel the plates are moved, by the half pixels to go.

    A quarter and three quarters rather than nothing and a half: both are equally sharp, so flakes do not flicker.
    """
    return {0: 0.25, 1: 0.75} if step % 2 else {0: 0.0}


def _shifted(plate: Array, shares: tuple[float, float]) -> Array:
    """The plate moved right and down by shares of a pixel; it repeats at its edges."""
    for axis, share in zip((1, 0), shares, strict=True):
        if share:
            plate = np.asarray(cv2.addWeighted(plate, 1 - share, np.roll(plate, 1, axis), share, 0))
    return plate


def _tiled(left: int, top: int, width: int, height: int, size: tuple[int, int]) -> Iterator[tuple[Region, Region]]:
    """A window of a repeating plate in up to four parts: where each is on the plate, and where in the window."""
    for there_x, here_x in _wrapped(left, width, size[0]):
        for there_y, here_y in _wrapped(top, height, size[1]):
            yield (there_y, there_x), (here_y, here_x)


def _wrapped(start: int, length: int, period: int) -> Iterator[tuple[slice, slice]]:
    done = 0
    while done < length:
        at = (start + done) % period
        part = min(length - done, period - at)
        yield slice(at, at + part), slice(done, done + part)
        done += part
