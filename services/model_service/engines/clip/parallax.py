"""Rendering: each layer moved by its depth and composed, what is hidden left out, all on one core by OpenCV."""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.clip.geometry import Placing, View
from services.model_service.engines.clip.grouping import Group, best, share
from services.model_service.engines.clip.motion import Pose
from services.model_service.engines.clip.pieces import Buffers, Piece
from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.clip.plate import Plate, Sight
from services.model_service.engines.clip.resampling import FINER
from services.model_service.engines.clip.tiles import Tiling, seen, travel
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
        self._last = max(round(seconds * fps) - 1, 0)
        self._fps = fps
        self._seconds = seconds
        self._frame = frame
        self._view = View(source, frame, flat=len(placed) == 1)
        self._planes: list[_Plane] = [_Plane(layer, source, seconds) for layer in placed]
        self._plate: Plate | None = None
        self._behind = 0
        self._cut()
        self._buffers = Buffers(*frame)
        falling, lenses = [layer for layer in layers if layer.falls], [layer for layer in layers if layer.still]
        across, down = (max(round(length * self._view.cover), least) for length, least in zip(source, frame, strict=True))
        self._veils = [
            *(Veil(_scaled(layer, source, (across, down)), _speed(layer, self._view.cover), frame, fps) for layer in falling),
            *(Veil(_scaled(layer, source, frame), (0.0, 0.0), frame, fps) for layer in lenses),
        ]

    def draw(self, index: int, frame: Planes) -> None:
        """The clip's frame of that index."""
        placings = self._placings(index)
        if self._plate is not None:
            self._plate.draw(index, frame, self._buffers, self._area(placings), self._compose)
        seconds = self._seconds * self._time(index)
        for plane, placing in zip(self._planes[self._behind :], placings[self._behind :], strict=True):
            for piece in plane.pieces:
                piece.draw(placing, seconds, frame, self._buffers)
        for veil in self._veils:
            veil.draw(index, frame)

    def _time(self, index: int) -> float:
        """From 0 (the first frame) to 1 (the last)."""
        return index / max(self._last, 1)

    def _placings(self, index: int) -> list[Placing]:
        t = self._time(index)
        pose = self._pose_at(t)
        return [self._view.placing(plane.depth, pose, plane.moved(t * self._seconds)) for plane in self._planes]

    def _cut(self) -> None:
        """Cut every layer to the pieces that are seen in this clip, choose what the plate holds, and let go of the rest."""
        size = max(16, round(max(self._frame) / self._view.cover / _TILES_ACROSS))
        tilings = [Tiling(plane.layer, size) for plane in self._planes]
        indices = sorted({round(at) for at in np.linspace(0, self._last, _MOMENTS).tolist()})
        moments = [self._placings(index) for index in indices]
        shown = seen(tilings, moments, self._frame)
        zooms = [max(placings[index].zoom for placings in moments) for index in range(len(self._planes))]
        group = self._group(tilings, shown, indices[::2])
        if group is not None:
            sight, measures = Sight.of(self._reference(group.reference), indices, self._frame)
            self._plate = Plate(sight, measures, group.step, self._last)
            self._sight, self._behind = sight, group.count
            for place in range(group.count):
                zooms[place] = max(
                    sight.on_plate(placings[place], index).zoom for index, placings in zip(indices, moments, strict=True)
                )
        for place, (plane, tiling, wanted) in enumerate(zip(self._planes, tilings, shown, strict=True)):
            plane.pieces = [
                Piece(plane.layer, box, FINER * zooms[place], solid=solid or not place, details=plane.details)
                for box, solid in tiling.parts(wanted)
            ]
            plane.layer, plane.details = plane.layer[:0].copy(), ()

    def _group(self, tilings: Sequence[Tiling], shown: Sequence[Array], indices: Sequence[int]) -> Group | None:
        """What the plate should hold."""
        if len(self._planes) < 2 or len(indices) < 2:
            return None
        shares = [
            share(plane.layer, plane.details, tiling.cost(wanted), drifts=plane.drifts)
            for plane, tiling, wanted in zip(self._planes, tilings, shown, strict=True)
        ]
        rates = []
        for reference in range(len(self._planes)):
            sight, _ = Sight.of(self._reference(reference), indices, self._frame)
            on_plate = [[sight.on_plate(placing, index) for placing in self._placings(index)] for index in indices]
            rates.append(
                [
                    max(
                        travel(on_plate[at][place], on_plate[at + 1][place], self._frame) / (indices[at + 1] - indices[at])
                        for at in range(len(indices) - 1)
                    )
                    for place in range(len(self._planes))
                ]
            )
        area = self._frame[0] * self._frame[1] / self._view.cover**2
        return best(shares, rates, area, self._fps)

    def _reference(self, place: int) -> Callable[[int], Placing]:
        """Where a layer would lie if it did not drift."""
        # Not of `self`, which keeps it: the cycle would keep the clip's pieces until the garbage collector comes.
        view, pose_at, last, depth = self._view, self._pose_at, max(self._last, 1), self._planes[place].depth
        return lambda index: view.placing(depth, pose_at(index / last))

    def _compose(self, index: int, corner: tuple[int, int], inner: Planes, buffers: Buffers) -> None:
        """The plate's layers as they are at a key, in planes that begin at `corner` of the plate."""
        seconds = self._seconds * self._time(index)
        for plane, placing in zip(self._planes[: self._behind], self._placings(index), strict=False):
            there = self._sight.on_plate(placing, index)
            there = Placing(there.zoom, there.x - corner[0], there.y - corner[1])
            for piece in plane.pieces:
                piece.draw(there, seconds, inner, buffers)

    def _area(self, placings: Sequence[Placing]) -> tuple[int, int, int, int]:
        """What the plate's pieces reach of the frame, to even pixels."""
        areas = [
            piece.area(placing, self._frame)
            for plane, placing in zip(self._planes[: self._behind], placings, strict=False)
            for piece in plane.pieces
        ]
        lefts, tops, rights, bottoms = zip(*areas, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)


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

    @property
    def drifts(self) -> bool:
        return self._speed != 0

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
