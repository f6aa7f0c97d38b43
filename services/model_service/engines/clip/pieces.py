"""One piece of a layer: a rectangle of it that is moved into the frame, either opaque throughout or blended."""

import math
from dataclasses import replace

import cv2
import numpy as np

from services.model_service.engines.clip.geometry import Placing
from services.model_service.engines.clip.living import Sway, living
from services.model_service.engines.clip.planes import Planes, paint_of
from services.model_service.engines.clip.resampling import BEHIND, CHROMA, LUMA, SPARE, Care, Cut, cut, move
from services.model_service.engines.clip.tiles import Box
from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import Detail, Life


class Buffers:
    """Memory that pieces are moved through. Fresh memory for every frame would double the time."""

    def __init__(self, width: int, height: int) -> None:
        self.luma, self.uncovered = (np.empty((height + SPARE, width + SPARE), np.uint8) for _ in range(2))
        self.chroma, self.uncovered_half = (np.empty((height // 2 + SPARE, width // 2 + SPARE), np.uint8) for _ in range(2))


class Piece:
    """What lies within `box` of a layer (premultiplied uint8 BGRA), scaled by `finer` and ready to be drawn.

    Neighbouring pieces of a layer meet without a seam: both cut at the same even pixel of the frame. At the layer's edges a
    piece goes on for ever.
    """

    def __init__(self, layer: Array, box: Box, finer: float, *, solid: bool, details: tuple[Detail, ...]) -> None:
        self._box, self._size = box, (layer.shape[1], layer.shape[0])
        self._solid, self._finer = solid, finer
        margin = math.ceil(BEHIND / finer)
        self._origin = (box.left - margin, box.top - margin)
        self._paint = paint_of(_fine(_around(layer, box, margin), finer))
        here = [detail for detail in details if _around(detail.mask, box, 0).any()]
        here = [replace(detail, mask=_fine(_around(detail.mask, box, margin), finer)) for detail in here]
        self._covers = bool(self._paint.uncovered.min() < 255)
        self._living = [living(self._paint, detail) for detail in here if detail.kind is not Life.SWAY]
        self._sway = next((Sway(self._paint, detail) for detail in here if detail.kind is Life.SWAY), None)

    def area(self, placing: Placing, frame: tuple[int, int]) -> tuple[int, int, int, int]:
        """What the piece fills of a frame of that width and height: left, top, right, bottom, all even."""
        (width, height), box = frame, self._box
        left = 0 if box.left == 0 else _even(box.left * placing.zoom + placing.x, width)
        top = 0 if box.top == 0 else _even(box.top * placing.zoom + placing.y, height)
        right = width if box.right == self._size[0] else _even(box.right * placing.zoom + placing.x, width)
        bottom = height if box.bottom == self._size[1] else _even(box.bottom * placing.zoom + placing.y, height)
        return left, top, right, bottom

    def draw(self, placing: Placing, seconds: float, frame: Planes, buffers: Buffers) -> None:
        """Move the piece into the frame and compose it there."""
        height, width = frame.luma.shape
        left, top, right, bottom = self.area(placing, (width, height))
        if left >= right or top >= bottom:
            return
        for detail in self._living:
            detail.at(seconds)
        ratio = self._finer / placing.zoom
        x = (left - placing.x) * ratio - self._origin[0] * self._finer
        y = (top - placing.y) * ratio - self._origin[1] * self._finer
        self._luma((x, y), ratio, frame.luma[top:bottom, left:right], buffers, seconds)
        blue, red = (plane[top // 2 : bottom // 2, left // 2 : right // 2] for plane in (frame.blue, frame.red))
        self._chroma((x / 2, y / 2), ratio, (blue, red), buffers)

    def _luma(self, at: tuple[float, float], ratio: float, out: Array, buffers: Buffers, seconds: float) -> None:
        paint = self._paint
        across, down = _cuts(at, ratio, out, paint.luma, LUMA)
        shown, uncovered = (paint.luma, paint.uncovered) if self._sway is None else self._sway.at(seconds)
        luma = move(shown, across, down, buffers.luma)
        if self._solid:
            out[:] = luma
            return
        if self._covers:
            cv2.multiply(out, move(uncovered, across, down, buffers.uncovered), out, 1 / 255)
        cv2.add(out, luma, out)

    def _chroma(self, at: tuple[float, float], ratio: float, outs: tuple[Array, Array], buffers: Buffers) -> None:
        paint = self._paint
        across, down = _cuts(at, ratio, outs[0], paint.blue, CHROMA)
        uncovered = move(paint.uncovered_half, across, down, buffers.uncovered_half) if self._covers and not self._solid else None
        for plane, out in ((paint.blue, outs[0]), (paint.red, outs[1])):
            moved = move(plane, across, down, buffers.chroma)
            if self._solid:
                cv2.convertScaleAbs(moved, out, 1, -paint.lift)
                continue
            if uncovered is not None:
                cv2.multiply(out, uncovered, out, 1 / 255)
            if paint.lift:
                cv2.addWeighted(out, 1, moved, 1, -paint.lift, out)
            else:
                cv2.add(out, moved, out)


def _cuts(at: tuple[float, float], ratio: float, out: Array, plane: Array, care: Care) -> tuple[Cut, Cut]:
    """How to cut from a plane what fills `out`, whose corner lies at `at` on the plane: across and down."""
    return cut(out.shape[1], ratio, at[0], plane.shape[1], care), cut(out.shape[0], ratio, at[1], plane.shape[0], care)


def _around(field: Array, box: Box, margin: int) -> Array:
    """The box and a margin around it, which repeats the edge where there is nothing more."""
    height, width = field.shape[:2]
    left, top, right, bottom = box.left - margin, box.top - margin, box.right + margin, box.bottom + margin
    inner = field[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
    over = (max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0))
    return np.asarray(cv2.copyMakeBorder(inner, *over, cv2.BORDER_REPLICATE))


def _fine(field: Array, finer: float) -> Array:
    """The field scaled exactly by `finer`, its sides made even."""
    how = cv2.INTER_AREA if finer < 0.75 else cv2.INTER_CUBIC
    height, width = (math.floor(length * finer) // 2 * 2 for length in field.shape[:2])
    return np.ascontiguousarray(cv2.resize(field, None, fx=finer, fy=finer, interpolation=how)[:height, :width])


def _even(edge: float, limit: int) -> int:
    """The even pixel of the frame nearest to an edge, within the frame."""
    return min(max(2 * round(edge / 2), 0), limit)
