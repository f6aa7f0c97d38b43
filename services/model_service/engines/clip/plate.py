"""The back of a picture as one opaque plate, composed anew only every few frames.

Layers that answer the camera almost alike part from one another by a fraction of a pixel a frame. They are composed as seen from
one of them, at *keys* a few frames apart; between two keys the plate is their mix: linear interpolation in time, which is as
good as that in space while nothing has moved further than about a pixel. Each frame then costs one mix and one warp.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np

from services.model_service.engines.clip.geometry import Placing
from services.model_service.engines.clip.pieces import Buffers
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.clip.resampling import BEHIND, CHROMA, FINER, LUMA, Cut, cut, move
from services.model_service.engines.keyframe.canvas import Array

_EDGE = 4
"""Pixels composed beyond what is seen, on each side."""
_MARGIN = -(-(BEHIND + _EDGE) // 2) * 2
_SHARPER = 0.27
"""How much of what a small blur takes away is put back into the plate's luma, which is moved once more than a layer is."""


Compose: TypeAlias = Callable[[int, tuple[int, int], Planes, Buffers], None]


@dataclass(frozen=True, slots=True)
class Sight:
    """Where the plate's reference lies in the frame, and from it where a layer lies on the plate."""

    reference: Callable[[int], Placing]
    zoom: float
    x: float
    y: float

    @classmethod
    def of(
        cls, reference: Callable[[int], Placing], moments: Sequence[int], frame: tuple[int, int]
    ) -> tuple["Sight", tuple[int, int]]:
        """What holds all that the frame shows of the reference at any of the moments, and its size (both even)."""
        placings = [reference(index) for index in moments]
        zoom = FINER * max(placing.zoom for placing in placings)
        left, top = min(-p.x / p.zoom for p in placings), min(-p.y / p.zoom for p in placings)
        right = max((frame[0] - p.x) / p.zoom for p in placings)
        bottom = max((frame[1] - p.y) / p.zoom for p in placings)
        across, down = (int(length * zoom + 2 * _EDGE) // 2 * 2 + 2 for length in (right - left, bottom - top))
        return cls(reference, zoom, _EDGE - left * zoom, _EDGE - top * zoom), (across, down)

    def shown(self, indices: Iterable[int], frame: tuple[int, int]) -> tuple[float, float, float, float]:
        """What the frames of those indices show of the plate: left, top, right, bottom."""
        placings = [self.reference(index) for index in indices]
        return (
            min(-p.x / p.zoom for p in placings) * self.zoom + self.x,
            min(-p.y / p.zoom for p in placings) * self.zoom + self.y,
            max((frame[0] - p.x) / p.zoom for p in placings) * self.zoom + self.x,
            max((frame[1] - p.y) / p.zoom for p in placings) * self.zoom + self.y,
        )

    def on_plate(self, placing: Placing, index: int) -> Placing:
        """From a layer's place in the frame of that index to its place on the plate."""
        seen = self.reference(index)
        scale = self.zoom / seen.zoom
        return Placing(placing.zoom * scale, (placing.x - seen.x) * scale + self.x, (placing.y - seen.y) * scale + self.y)


class Plate:
    """Composes `members` (from back to front, the first opaque and whole) every `step` frames, and draws the mix."""

    def __init__(self, sight: Sight, size: tuple[int, int], step: int, last: int) -> None:
        self._sight, self._step, self._last = sight, step, last
        self._keys: dict[int, Planes] = {}
        padded = (size[0] + 2 * _MARGIN, size[1] + 2 * _MARGIN)
        self._spare = [_blank(*padded) for _ in range(2)]
        self._mixed = _blank(*padded)
        self._soft: Array = np.empty((size[1], size[0]), np.uint8)
        self._buffers = Buffers(*size)

    def draw(
        self,
        index: int,
        frame: Planes,
        buffers: Buffers,
        area: tuple[int, int, int, int],
        compose: Compose,
    ) -> None:
        """Fill `area` = (left, top, right, bottom), all even, of the frame of that index.

        `compose` draws the members as they are at a key, in planes of which the plate's corner is that far left and up.
        """
        before = index // self._step * self._step
        after = min(before + self._step, self._last)
        share = (index - before) / (after - before) if after > before else 0.0
        wanted = [before, after] if share else [before]
        for key in [key for key in self._keys if key not in (before, after)]:
            self._spare.append(self._keys.pop(key))
        size = (frame.luma.shape[1], frame.luma.shape[0])
        keys = [self._key(key, size, compose) for key in wanted]
        left, top, right, bottom = area
        seen = self._sight.reference(index)
        ratio = self._sight.zoom / seen.zoom
        x = (left - seen.x) * ratio + self._sight.x + _MARGIN
        y = (top - seen.y) * ratio + self._sight.y + _MARGIN
        whole = slice(top, bottom), slice(left, right)
        half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
        parts = (
            (frame.luma[whole], [key.luma for key in keys], self._mixed.luma, buffers.luma, 1, LUMA),
            (frame.blue[half], [key.blue for key in keys], self._mixed.blue, buffers.chroma, 2, CHROMA),
            (frame.red[half], [key.red for key in keys], self._mixed.red, buffers.chroma, 2, CHROMA),
        )
        for out, planes, mixed, buffer, finer, care in parts:
            across = cut(out.shape[1], ratio, x / finer, mixed.shape[1], care)
            down = cut(out.shape[0], ratio, y / finer, mixed.shape[0], care)
            out[:] = move(_mix(planes, share, mixed, across, down), across, down, buffer)

    def _key(self, index: int, frame: tuple[int, int], compose: Compose) -> Planes:
        if index not in self._keys:
            planes = self._spare.pop()
            window = range(max(index - self._step, 0), min(index + self._step, self._last) + 1)
            left, top, right, bottom = self._sight.shown(window, frame)
            x, y = _even_below(left), _even_below(top)
            inner = _inner(planes, x, y, _even_below(right) + 2 * _EDGE, _even_below(bottom) + 2 * _EDGE)
            compose(index, (x, y), inner, self._buffers)
            height, width = inner.luma.shape
            soft = cv2.blur(inner.luma, (3, 3), self._soft[:height, :width])
            cv2.addWeighted(inner.luma, 1 + _SHARPER, soft, -_SHARPER, 0, inner.luma)
            self._keys[index] = planes
        return self._keys[index]


def _mix(planes: Sequence[Array], share: float, mixed: Array, across: Cut, down: Cut) -> Array:
    """The first plane, or the mix of two where the cut needs it."""
    if len(planes) == 1:
        return planes[0]
    there = (
        (slice(down.start, down.start + down.length), slice(across.start, across.start + across.length))
        if across.fits and down.fits
        else (slice(None), slice(None))
    )
    before, after = planes
    cv2.addWeighted(before[there], 1 - share, after[there], share, 0, mixed[there])
    return mixed


def _blank(width: int, height: int) -> Planes:
    return Planes(
        np.zeros((height, width), np.uint8),
        np.zeros((height // 2, width // 2), np.uint8),
        np.zeros((height // 2, width // 2), np.uint8),
    )


def _inner(planes: Planes, left: int, top: int, right: int, bottom: int) -> Planes:
    """A rectangle of the plate, without its margin; sides are even and may reach beyond it."""
    height, width = planes.luma.shape
    left, top, right, bottom = (
        left + _MARGIN,
        top + _MARGIN,
        min(right, width - 2 * _MARGIN) + _MARGIN,
        min(bottom, height - 2 * _MARGIN) + _MARGIN,
    )
    half = slice(top // 2, bottom // 2), slice(left // 2, right // 2)
    return Planes(planes.luma[top:bottom, left:right], planes.blue[half], planes.red[half])


def _even_below(edge: float) -> int:
    """The even pixel at least one interpolation before an edge, on the plate."""
    return max(math.floor(edge) - 2, 0) // 2 * 2
