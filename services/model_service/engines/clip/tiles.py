"""Which parts of which layers a clip needs: layers cut into tiles, what is hidden throughout left out, the rest joined.

Most of a layered picture is either empty or hidden by something opaque before it. Finding that out once a clip halves the work
of every frame.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import cv2
import numpy as np

from services.model_service.engines.clip.geometry import Placing
from services.model_service.engines.keyframe.canvas import Array

REACH = 4
"""Pixels beyond a piece's own that warping it may touch: one to interpolate, two for cutting at even pixels, one to spare."""
_CELL = 16
_EACH, _EXTRA, _BLENDED = 22_000, 12, 2.1
"""What a piece costs besides its area, in pixels; what is moved beside it, in pixels a side; and a blended pixel to a copied one.

Measured.
"""

Rectangle: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom, in tiles."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, from (`left`, `top`) up to but without (`right`, `bottom`)."""

    left: int
    top: int
    right: int
    bottom: int


class Tiling:
    """The tiles of one layer: `solid` where it is opaque, `painted` where it is not empty; both rows × columns."""

    def __init__(self, bgra: Array, size: int) -> None:
        """`bgra` is the whole layer, premultiplied uint8; tiles measure `size` pixels a side, the last ones what is left."""
        height, width = bgra.shape[:2]
        self.xs: Array = np.append(np.arange(0, width, size), width)
        self.ys: Array = np.append(np.arange(0, height, size), height)
        alpha = bgra[..., 3]
        # One step of light in 255 is nothing to see, and painters spill much of it.
        opaque, empty = alpha == 255, (bgra.view(np.uint32)[..., 0] & 0xFEFEFEFE) == 0
        self.solid: Array = _everywhere(opaque, self.ys, self.xs)
        self.painted: Array = ~_everywhere(empty, self.ys, self.xs)

    def cost(self, wanted: Array) -> float:
        """About what the wanted tiles cost a frame, in pixels copied."""
        areas = np.multiply.outer(np.diff(self.ys), np.diff(self.xs))
        return float((areas * wanted * np.where(self.solid, 1.0, _BLENDED)).sum())

    def parts(self, wanted: Array) -> Iterator[tuple[Box, bool]]:
        """The wanted tiles as few rectangles that do not overlap, each with whether it is solid throughout.

        A rectangle is halved, by any line between tiles, as long as the parts cost less than the whole.
        """
        plan = _Plan(self, wanted)
        return plan.parts()


class _Plan:
    def __init__(self, tiling: Tiling, wanted: Array) -> None:
        self._xs: list[int] = tiling.xs.tolist()
        self._ys: list[int] = tiling.ys.tolist()
        self._wanted: list[list[int]] = _sums(wanted).tolist()
        self._solid: list[list[int]] = _sums(tiling.solid).tolist()

    def parts(self) -> Iterator[tuple[Box, bool]]:
        _, rectangles = self._best((0, 0, len(self._xs) - 1, len(self._ys) - 1))
        for left, top, right, bottom in rectangles:
            box = Box(self._xs[left], self._ys[top], self._xs[right], self._ys[bottom])
            yield box, self._is_solid((left, top, right, bottom))

    def _best(self, whole: Rectangle) -> tuple[int, list[Rectangle]]:
        """The least cost found for the rectangle, and its parts."""
        cost = self._cost(whole)
        if cost == 0:
            return 0, []
        if cost < 2 * _EACH or (self._is_solid(whole) and _total(self._wanted, whole) == _total(self._solid, whole)):
            return cost, [whole]
        halves = list(_halves(whole))
        if not halves:
            return cost, [whole]
        first, second = min(halves, key=lambda parts: self._cost(parts[0]) + self._cost(parts[1]))
        (one, parts), (other, more) = self._best(first), self._best(second)
        return (one + other, parts + more) if one + other < cost else (cost, [whole])

    def _cost(self, part: Rectangle) -> int:
        """In pixels copied."""
        if not _total(self._wanted, part):
            return 0
        left, top, right, bottom = part
        area = (self._xs[right] - self._xs[left] + _EXTRA) * (self._ys[bottom] - self._ys[top] + _EXTRA)
        return _EACH + (area if self._is_solid(part) else int(area * _BLENDED))

    def _is_solid(self, part: Rectangle) -> bool:
        left, top, right, bottom = part
        return _total(self._solid, part) == (right - left) * (bottom - top)


def _halves(whole: Rectangle) -> Iterator[tuple[Rectangle, Rectangle]]:
    left, top, right, bottom = whole
    for x in range(left + 1, right):
        yield (left, top, x, bottom), (x, top, right, bottom)
    for y in range(top + 1, bottom):
        yield (left, top, right, y), (left, y, right, bottom)


def _total(sums: list[list[int]], part: Rectangle) -> int:
    left, top, right, bottom = part
    return sums[bottom][right] - sums[top][right] - sums[bottom][left] + sums[top][left]


def _everywhere(field: Array, ys: Array, xs: Array) -> Array:
    """For each tile, whether the field is true on all of it and on `REACH` pixels around."""
    height, width = field.shape
    sums = cv2.integral(field.view(np.uint8))
    y0, y1 = np.maximum(ys[:-1] - REACH, 0), np.minimum(ys[1:] + REACH, height)
    x0, x1 = np.maximum(xs[:-1] - REACH, 0), np.minimum(xs[1:] + REACH, width)
    return np.asarray(_inside(sums, y0, y1, x0, x1) == (y1 - y0)[:, None] * (x1 - x0)[None, :])


def seen(layers: Sequence[Tiling], moments: Sequence[Sequence[Placing]], frame: tuple[int, int]) -> list[Array]:
    """For each layer, from back to front, the painted tiles that something of is seen at any moment between the first and last.

    `moments` holds the layers' placings at times close enough that they move evenly between two of them.
    """
    slack = 2.0 + max(
        (travel(a, b, frame) for before, after in pairwise(moments) for a, b in zip(before, after, strict=True)),
        default=0.0,
    )
    shown = [np.zeros_like(layer.painted) for layer in layers]
    solid = [_sums(layer.solid) for layer in layers]
    columns, rows = (-(-length // _CELL) for length in frame)
    for placings in moments:
        hidden: Array = np.zeros((rows, columns), bool)
        for index in reversed(range(len(layers))):
            layer, placing = layers[index], placings[index]
            open_cells = _sums(~hidden)
            x0, x1 = _span(layer.xs, placing.zoom, placing.x, slack, columns)
            y0, y1 = _span(layer.ys, placing.zoom, placing.y, slack, rows)
            shown[index] |= layer.painted & (_inside(open_cells, y0, y1, x0, x1) > 0)
            if index:
                hidden |= _covered(layer, solid[index], placing, slack, (rows, columns))
    return shown


def travel(a: Placing, b: Placing, frame: tuple[int, int]) -> float:
    """How far a point in the frame goes from one placing to the other, at most."""
    return max(
        abs(b.zoom / a.zoom * (edge - shift) + then - edge)
        for edges, shift, then in (((0, frame[0]), a.x, b.x), ((0, frame[1]), a.y, b.y))
        for edge in edges
    )


def _span(edges: Array, zoom: float, shift: float, slack: float, cells: int) -> tuple[Array, Array]:
    """The cells from and to which each tile reaches along one axis; what lies outside the frame reaches none.

    The first and the last tile go on for ever.
    """
    start, stop = edges[:-1] * zoom + shift - slack, edges[1:] * zoom + shift + slack
    start[0], stop[-1] = min(start[0], 0), max(stop[-1], cells * _CELL)
    first = np.minimum(np.maximum(np.floor(start / _CELL), 0), cells).astype(np.intp)
    return first, np.maximum(np.minimum(np.maximum(np.ceil(stop / _CELL), 0), cells).astype(np.intp), first)


def _covered(layer: Tiling, sums: Array, placing: Placing, slack: float, cells: tuple[int, int]) -> Array:
    """The cells (rows × columns) that the layer's solid tiles, of which `sums` is the summed-area table, cover entirely."""
    x0, x1 = _tiles_of(layer.xs, placing.zoom, placing.x, slack, cells[1])
    y0, y1 = _tiles_of(layer.ys, placing.zoom, placing.y, slack, cells[0])
    return np.asarray(_inside(sums, y0, y1, x0, x1) == (y1 - y0)[:, None] * (x1 - x0)[None, :])


def _tiles_of(edges: Array, zoom: float, shift: float, slack: float, cells: int) -> tuple[Array, Array]:
    """The tiles from and to which each cell reaches along one axis."""
    start = (np.arange(cells) * _CELL - slack - shift) / zoom
    stop = (np.arange(1, cells + 1) * _CELL + slack - shift) / zoom
    last = len(edges) - 2
    first = np.minimum(np.maximum(np.searchsorted(edges, start, "right") - 1, 0), last)
    return first, np.minimum(np.maximum(np.searchsorted(edges, stop, "left") - 1, first), last) + 1


def _sums(field: Array) -> Array:
    """The summed-area table (F. Crow, 1984), with a row and a column of zeros before it."""
    return np.asarray(cv2.integral(field.view(np.uint8)))


def _inside(sums: Array, y0: Array, y1: Array, x0: Array, x1: Array) -> Array:
    low, high = sums[y0], sums[y1]
    rows = high - low
    return np.asarray(rows[:, x1] - rows[:, x0])
