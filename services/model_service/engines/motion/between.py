"""Frames between two frames: each pixel is followed along the optical flow from both sides, and taken from where it can be seen.

The flow is dense inverse search (Kroeger et al., 2016), both ways, on small copies. For a moment between, each way's flow is
carried there by fixed-point iteration (what lies at x then came from y with y + share · flow(y) = x). What one side cannot see
shows in the two flows' disagreement (Sundaram et al., 2010), and is taken from the other side alone. Across a cut nothing is
invented: the nearer frame is shown.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from services.model_service.engines.clip.planes import Planes
from services.model_service.engines.keyframe.canvas import Array

_LONGEST = 384
"""Pixels of the longer side of the copies that flow is found on: what is smaller moves with its surroundings."""
_ROUNDS = 2
_DISAGREE = 0.6
"""Pixels of the small copies by which the two flows may disagree; a 50th of their length besides."""
_UNSEEN = 0.02
"""What a side that cannot see a pixel still counts, so that where neither can the two are blended."""
_CUT = 0.2
"""The share of the pixels that must agree: in fast motion two thirds still do, across a cut next to none."""


class Between:
    """What lies between two frames of one size. Its memory serves one pair of frames after another."""

    def __init__(self, width: int, height: int) -> None:
        scale = min(1.0, _LONGEST / max(width, height))
        # Dense inverse search needs a few blocks of 8 pixels each way.
        self._small = (max(32, round(width * scale)), max(32, round(height * scale)))
        rows, columns = np.mgrid[0 : self._small[1], 0 : self._small[0]].astype(np.float32)
        self._grid = np.dstack([columns, rows])
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._ends: tuple[Planes, ...] = ()
        self._luma = _Blender(width, height, cv2.INTER_CUBIC)
        self._chroma = _Blender(width // 2, height // 2, cv2.INTER_LINEAR)

    def meet(self, before: Planes, after: Planes) -> None:
        """Find how the one frame becomes the other."""
        self._ends = (before, after)
        small = [np.asarray(cv2.resize(end.luma, self._small, interpolation=cv2.INTER_AREA)) for end in self._ends]
        self._flows = [self._flow(small[end], small[1 - end]) for end in (0, 1)]
        self._paired = [self._agreement(self._flows[end], self._flows[1 - end]) for end in (0, 1)]
        self._cut = min(float(paired.mean()) for paired in self._paired) < _CUT

    def draw(self, share: float, frame: Planes) -> None:
        """Draw the moment at `share` (0 is the frame before, 1 the one after) into the planes of `frame`."""
        if self._cut:
            copy(self._ends[round(share)], frame)
            return
        found = [self._carried(0, share), self._carried(1, 1 - share)]
        # What of one end has no counterpart at the other cannot be seen there.
        paired = [_taken(self._paired[end], found[end]) for end in (0, 1)]
        weights = [(1 - share) * (paired[1] + _UNSEEN), share * (paired[0] + _UNSEEN)]
        for name, blender in (("luma", self._luma), ("blue", self._chroma), ("red", self._chroma)):
            if name != "red":
                blender.place(found, weights)
            blender.draw([getattr(end, name) for end in self._ends], getattr(frame, name))

    def _flow(self, start: Array, end: Array) -> Array:
        """How far each pixel moves, right and down."""
        found = self._search.calc(start, end, None)  # type: ignore[call-overload]  # there is no flow to begin with
        return np.asarray(found)

    def _carried(self, end: int, share: float) -> Array:
        """For every pixel of the moment, where it is in the small copy of that end."""
        flow = self._flows[end] * np.float32(share)
        at = self._grid - flow
        for _ in range(_ROUNDS):
            at = self._grid - _taken(flow, at)
        return np.asarray(at)

    def _agreement(self, flow: Array, other: Array) -> Array:
        """1 where the other flow leads back to where this one started, 0 where it does not; soft between."""
        apart = flow + _taken(other, self._grid + flow)
        allowed = _DISAGREE + cv2.magnitude(*cv2.split(flow)) / 50
        agreed = np.clip(2 - cv2.magnitude(*cv2.split(apart)) / allowed, 0, 1)
        return np.asarray(cv2.GaussianBlur(agreed, (0, 0), 1.2))


class _Blender:
    """Blends planes of one size. Fresh memory for every frame would cost as much again."""

    def __init__(self, width: int, height: int, how: int) -> None:
        self._size = (width, height)
        self._how = how
        self._places = [np.empty((height, width, 2), np.float32) for _ in range(2)]
        self._weights = [np.empty((height, width), np.float32) for _ in range(2)]
        self._sides = [np.empty((height, width), np.uint8) for _ in range(2)]

    def place(self, found: Sequence[Array], weights: Sequence[Array]) -> None:
        """For every pixel its places in the ends' small copies, and how much each counts."""
        for end in (0, 1):
            height, width = weights[end].shape
            scale = np.array([self._size[0] / width, self._size[1] / height], np.float32)
            # Pixels are counted by their centres.
            at = found[end] * scale + (scale - 1) / 2
            cv2.resize(at, self._size, self._places[end], interpolation=cv2.INTER_LINEAR)
            cv2.resize(weights[end], self._size, self._weights[end], interpolation=cv2.INTER_LINEAR)

    def draw(self, planes: Sequence[Array], target: Array) -> None:
        for end in (0, 1):
            _taken(planes[end], self._places[end], self._how, self._sides[end])
        target[:] = cv2.blendLinear(*self._sides, *self._weights)


def copy(source: Planes, target: Planes) -> None:
    """Copy a frame's planes into another's memory."""
    target.luma[:], target.blue[:], target.red[:] = source.luma, source.blue, source.red


def _taken(field: Array, at: Array, how: int = cv2.INTER_LINEAR, target: Array | None = None) -> Array:
    """The field's values at places (x, y) in it; beyond its edge, the edge's."""
    taken = cv2.remap(field, at, None, how, target, cv2.BORDER_REPLICATE)  # type: ignore[call-overload]  # one map holds both
    return np.asarray(taken)
