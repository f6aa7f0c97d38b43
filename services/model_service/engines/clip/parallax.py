"""Rendering: each layer moved by its depth and composed, what is hidden left out, all on one core by OpenCV."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.clip.geometry import Placing, View
from services.model_service.engines.clip.motion import Pose
from services.model_service.engines.clip.pieces import Buffers, Piece
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.clip.resampling import FINER
from services.model_service.engines.clip.tiles import Tiling, seen
from services.model_service.engines.clip.veil import Veil
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import DepthLayer

_MOMENTS = 17
_TILES_ACROSS = 20
_MOST_DRIFT = 0.9


class Renderer:
    """Frames of a layered picture, cropped to cover `frame` = (width, height), both even. Not thread-safe: it owns its buffers.

    The picture is `source` = (width, height) pixels; the first layer must be opaque and whole. `pose_at` gives the
    camera from 0 (the first frame) to 1 (the last); `seconds` and `fps` are the clip's. Costs nothing a frame for what is
    never seen, and memory does not grow with the clip's length.
    """

    def __init__(
        self,
        layers: Sequence[DepthLayer],
        source: tuple[int, int],
        frame: tuple[int, int],
        *,
        pose_at: Callable[[float], Pose],
        seconds: float,
        fps: int,
    ) -> None:
        placed = [layer for layer in layers if not (layer.falls or layer.still)]
        self._pose_at = pose_at
        self._seconds = seconds
        self._view = View(source, frame, flat=len(placed) == 1)
        self._planes: list[_Plane] = [_Plane(layer, source, seconds) for layer in placed]
        self._cut(frame)
        self._buffers = Buffers(*frame)
        falling, lenses = [layer for layer in layers if layer.falls], [layer for layer in layers if layer.still]
        across, down = (max(round(length * self._view.cover), least) for length, least in zip(source, frame, strict=True))
        self._veils = [
            *(Veil(_scaled(layer, source, (across, down)), _speed(layer, self._view.cover), frame, fps) for layer in falling),
            *(Veil(_scaled(layer, source, frame), (0.0, 0.0), frame, fps) for layer in lenses),
        ]

    def draw(self, t: float, index: int, frame: Planes) -> None:
        """The picture at `t`, from 0 to 1, as the clip's frame of that index."""
        seconds = t * self._seconds
        for plane, placing in zip(self._planes, self._placings(t), strict=True):
            for piece in plane.pieces:
                piece.draw(placing, seconds, frame, self._buffers)
        for veil in self._veils:
            veil.draw(index, frame)

    def _placings(self, t: float) -> list[Placing]:
        pose = self._pose_at(t)
        return [self._view.placing(plane.depth, pose, plane.moved(t * self._seconds)) for plane in self._planes]

    def _cut(self, frame: tuple[int, int]) -> None:
        """Cut every layer to the pieces that are seen in this clip, and let go of the rest."""
        size = max(16, round(max(frame) / self._view.cover / _TILES_ACROSS))
        tilings = [Tiling(plane.layer, size) for plane in self._planes]
        moments = [self._placings(t) for t in np.linspace(0, 1, _MOMENTS).tolist()]
        shown = seen(tilings, moments, frame)
        for index, (plane, tiling, wanted) in enumerate(zip(self._planes, tilings, shown, strict=True)):
            finer = FINER * max(placings[index].zoom for placings in moments)
            plane.pieces = [
                Piece(plane.layer, box, finer, solid=solid or not index, details=plane.details)
                for box, solid in tiling.parts(wanted)
            ]
            plane.layer, plane.details = plane.layer[:0].copy(), ()


class _Plane:
    """A whole layer; where it drifts, continued by its mirror image on the side it comes from."""

    def __init__(self, layer: DepthLayer, source: tuple[int, int], seconds: float) -> None:
        self.depth = layer.depth
        self.layer: Array = _whole(layer, source)
        self.details = tuple(replace(detail, mask=_whole(replace(layer, pixels=detail.mask), source)) for detail in layer.details)
        self.pieces: list[Piece] = []
        drift = layer.drift[0]
        self._speed = math.copysign(min(abs(drift), _MOST_DRIFT * source[0] / max(seconds, 1e-6)), drift)
        margin = math.ceil(abs(self._speed) * seconds)
        self._start = -margin if self._speed > 0 else 0
        if margin:
            sides = (margin, 0) if self._speed > 0 else (0, margin)
            self.layer = _mirrored(self.layer, sides)
            self.details = tuple(replace(detail, mask=_mirrored(detail.mask, sides)) for detail in self.details)

    def moved(self, seconds: float) -> float:
        """How far the layer has moved right, in the picture's pixels."""
        return self._start + self._speed * seconds


def _mirrored(field: Array, sides: tuple[int, int]) -> Array:
    return np.asarray(cv2.copyMakeBorder(field, 0, 0, *sides, cv2.BORDER_REFLECT))


def _speed(layer: DepthLayer, cover: float) -> tuple[float, float]:
    return layer.drift[0] * cover, layer.drift[1] * cover


def _whole(layer: DepthLayer, source: tuple[int, int]) -> Array:
    """The layer's pixels at the whole picture's size."""
    height, width = layer.pixels.shape[:2]
    if (layer.x, layer.y, width, height) == (0, 0, *source):
        return layer.pixels
    whole: Array = np.zeros((source[1], source[0], *layer.pixels.shape[2:]), np.uint8)
    whole[layer.y : layer.y + height, layer.x : layer.x + width] = layer.pixels
    return whole


def _scaled(layer: DepthLayer, source: tuple[int, int], size: tuple[int, int]) -> Array:
    whole = _whole(layer, source)
    if source == size:
        return whole
    return np.asarray(cv2.resize(whole, size, interpolation=cv2.INTER_AREA if size[0] < source[0] else cv2.INTER_CUBIC))
