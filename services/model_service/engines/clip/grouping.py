"""How many of a clip's layers make its back plate, how often it is composed, and as seen from which of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.model_service.engines.keyframe.canvas import Array
from services.model_service.engines.keyframe.layers import Detail, Life

_SHARP, _SOFT = 1.3, 2.6
"""How far, in the frame's pixels, what is sharp or soft may part from the plate's reference between two keys."""
_EDGES = 0.004
"""The share of a layer's pixels that may stand out from their neighbours in a soft one."""
_PLATE, _KEY = 1.4, 1.35
"""What drawing a plate costs a pixel of the frame, and composing one, to moving the same layers directly. Measured."""
_LONGEST = 1.0
"""Seconds between two keys, at most."""
_OFTEN = {Life.FLICKER: 1 / 6, Life.GLINT: 1 / 4, Life.TWINKLE: 1 / 4, Life.SWAY: 1 / 4}
"""Seconds between two keys at most, by what lives in a layer."""


@dataclass(frozen=True, slots=True)
class Share:
    """What one layer brings to the choice: its cost in pixels copied, how far it may part, and seconds between keys at most."""

    cost: float
    most: float
    longest: float


@dataclass(frozen=True, slots=True)
class Group:
    """The plate: of the first `count` layers, composed every `step` frames, as seen from layer `reference`."""

    count: int
    step: int
    reference: int


def share(pixels: Array, details: Sequence[Detail], cost: float, *, drifts: bool) -> Share:
    """What a layer (premultiplied uint8 BGRA) brings. What `drifts`, as clouds do, is taken for soft."""
    green = cv2.extractChannel(pixels, 1)
    edges = cv2.absdiff(green, cv2.blur(green, (5, 5)))
    soft = drifts or np.count_nonzero(edges > 10) < _EDGES * max(int(np.count_nonzero(green)), 1)
    return Share(cost, _SOFT if soft else _SHARP, min([_LONGEST, *(_OFTEN[detail.kind] for detail in details)]))


def best(shares: Sequence[Share], rates: Sequence[Sequence[float]], frame_cost: float, fps: int) -> Group | None:
    """The cheapest plate; None when drawing every layer in every frame is cheaper.

    `rates[r][i]` is how far layer i parts from layer r in a frame's time, in pixels; `frame_cost` is the frame's area in
    the units of the layers' costs.
    """
    total = sum(part.cost for part in shares)
    found: tuple[float, Group | None] = (total, None)
    for count in range(2, len(shares) + 1):
        members = shares[:count]
        composing = sum(part.cost for part in members)
        longest = fps * min(part.longest for part in members)
        for reference in range(count):
            parting = zip(members, rates[reference], strict=False)
            step = math.floor(min(longest, *(part.most / max(rate, 1e-6) for part, rate in parting)))
            cost = _KEY * composing / max(step, 1) + _PLATE * frame_cost + total - composing
            if step > 1 and cost < found[0]:
                found = (cost, Group(count, step, reference))
    return found[1]
