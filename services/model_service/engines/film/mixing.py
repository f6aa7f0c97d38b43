"""The pictures of a transition: how one plane of two shots looks at a moment between them.

All lengths are parts of the plane's own size, so that the planes of a frame, which differ in size, fit each other. Motion is
eased, and blurred along its way as by a shutter.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from services.core.vocabulary import Transition
from services.model_service.engines.film.frames import Plane, Planes


class Levels(NamedTuple):
    """What black and white are in a plane."""

    black: int
    white: int


Weights = NDArray[np.float32]
Mixer = Callable[[Plane, Plane, float, Levels], Plane]
"""Both planes, the moment from 0 (only the first is seen) to 1 (only the second), and the plane's levels."""

_LEVELS = (Levels(16, 235), Levels(128, 128), Levels(128, 128))
_SOFT = 0.14
"""Width of a soft edge, as a part of its way."""
_GIVES_WAY = 0.25
"""How far a covered shot moves, as a part of the width."""
_DEEPEST = 1.0
"""How much larger the first shot is at the end of a zoom."""
_SHUTTER = 5
"""Pictures that stand for a blurred one."""
_COARSEST = 1 / 16
"""Side of the largest pixel, as a part of the height."""


def mixed(kind: Transition, before: Planes, after: Planes, moment: float) -> Planes:
    """The frame at `moment` of a transition of this kind, any but NONE."""
    mixer = _MIXERS[kind]
    y, u, v = (mixer(a, b, moment, levels) for a, b, levels in zip(before, after, _LEVELS, strict=True))
    return y, u, v


def _dissolve(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    return _shared(before, after, _smooth(moment))


def _black(before: Plane, after: Plane, moment: float, levels: Levels) -> Plane:
    return _through(before, after, moment, levels.black)


def _white(before: Plane, after: Plane, moment: float, levels: Levels) -> Plane:
    return _through(before, after, moment, levels.white)


def _through(before: Plane, after: Plane, moment: float, level: int) -> Plane:
    """To one level and back from it."""
    shown, away = (before, _smooth(2 * moment)) if moment < 0.5 else (after, 1 - _smooth(2 * moment - 1))
    return _shared(shown, np.full_like(shown, level), away)


def _wipe(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    across = np.linspace(1, 0, before.shape[1], dtype=np.float32)
    return _masked(before, after, np.tile(_passed(across, _smooth(moment), _SOFT), (before.shape[0], 1)))


def _iris(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    x, y = _axes(before)
    distance = np.hypot(x, y)
    return _masked(before, after, _passed(distance / distance.max(), _smooth(moment), _SOFT / 2))


def _clock(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    """A hand that turns once, from twelve o'clock on."""
    x, y = _axes(before)
    turned = (np.arctan2(-x, y) / (2 * np.pi) + 0.5).astype(np.float32)
    return _masked(before, after, _passed(turned, _smooth(moment), _SOFT / 3))


def _slide(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    """The second shot pushes the first one out to the left."""
    width = before.shape[1]
    there, speed = _travel(moment)
    strip = np.hstack([before, after])
    return _moved(_swept(strip, speed * width), -there * width, before.shape)


def _cover(before: Plane, after: Plane, moment: float, levels: Levels) -> Plane:
    """The second shot comes over the first one from the right, its shadow before it."""
    width = before.shape[1]
    there, speed = _travel(moment)
    edge = (1 - there) * width
    over = _moved(_swept(after, speed * width), edge, after.shape)
    under = _moved(before, -_GIVES_WAY * there * width, before.shape)
    columns = np.arange(width, dtype=np.float32)
    shadow = 0.45 * there + 0.4 * min(1.0, 6 * there) * np.exp(-np.maximum(edge - columns, 0) / (0.05 * width))
    lit = 1 - np.minimum(shadow, 1).astype(np.float32)
    darkened = _masked(np.full_like(under, levels.black), under, np.tile(lit, (under.shape[0], 1)))
    covered = np.clip((columns - edge) / (speed * width + 1) + 0.5, 0, 1)
    return _masked(darkened, over, np.tile(covered.astype(np.float32), (under.shape[0], 1)))


def _blur(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    """Out of focus, over, and into focus again."""
    size = _odd(0.11 * before.shape[0] * np.sin(np.pi * moment) ** 1.5)
    over = _shared(before, after, _smooth(1.6 * moment - 0.3))
    return _plane(cv2.stackBlur(over, (size, size)))


def _zoom(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    """Deep into the first shot and out of the depth into the second, without a stop."""
    there, speed = _travel(moment)
    share = _smooth(2 * there - 0.5)
    seen = [
        _shared(
            _scaled(before, 1 + _DEEPEST * depth) if share < 1 else after,
            _scaled(after, 1 / (1 + _DEEPEST * (1 - depth))) if share > 0 else before,
            share,
        )
        for depth in there + speed * np.linspace(-0.25, 0.25, _SHUTTER)
    ]
    return _plane(np.mean(seen, axis=0, dtype=np.float32).round().astype(np.uint8))


def _pixelate(before: Plane, after: Plane, moment: float, _: Levels) -> Plane:
    """Pixels grow, become those of the second shot, and shrink."""
    over = _shared(before, after, _smooth(2 * moment - 0.5))
    height, width = over.shape
    rows = height / max(1.0, _COARSEST * height * np.sin(np.pi * moment) ** 2)
    size = max(1, round(rows * width / height)), max(1, round(rows))
    coarse = cv2.resize(over, size, interpolation=cv2.INTER_AREA)
    return _plane(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST))


_MIXERS: Mapping[Transition, Mixer] = {
    Transition.DISSOLVE: _dissolve,
    Transition.FADE: _black,
    Transition.WHITE: _white,
    Transition.WIPE: _wipe,
    Transition.SLIDE: _slide,
    Transition.COVER: _cover,
    Transition.IRIS: _iris,
    Transition.CLOCK: _clock,
    Transition.BLUR: _blur,
    Transition.ZOOM: _zoom,
    Transition.PIXELATE: _pixelate,
}
KINDS = frozenset(_MIXERS)


# -- time ----------------------------------------------------------------------------------------------------------------------


def _smooth(moment: float) -> float:
    """Slow, quick, slow: Hermite's cubic, 0 before 0 and 1 after 1."""
    inside = min(max(moment, 0.0), 1.0)
    return inside * inside * (3 - 2 * inside)


def _travel(moment: float) -> tuple[float, float]:
    """The part of a way that is behind, and how far the shutter sees it move around that moment."""
    open_, close = _smooth(moment - 0.02), _smooth(moment + 0.02)
    return _smooth(moment), close - open_


# -- planes --------------------------------------------------------------------------------------------------------------------


def _weights(found: object) -> Weights:
    return cast("Weights", found)


def _plane(found: object) -> Plane:
    return cast("Plane", found)


def _shared(before: Plane, after: Plane, share: float) -> Plane:
    return _plane(cv2.addWeighted(before, 1 - share, after, share, 0))


def _masked(before: Plane, after: Plane, weights: Weights) -> Plane:
    """`after` where the weight is 1, `before` where it is 0."""
    return _plane(cv2.blendLinear(before, after, 1 - weights, weights))


def _passed(place: Weights, moment: float, soft: float) -> Weights:
    """How far an edge `soft` wide, which goes from place 0 to 1, has passed each place at `moment`."""
    reached = np.clip((moment * (1 + soft) - place) / soft, 0, 1)
    return _weights((reached * reached * (3 - 2 * reached)).astype(np.float32))


def _axes(plane: Plane) -> tuple[Weights, Weights]:
    """Distances of the pixels' middles from the plane's middle, to the right and downwards."""
    height, width = plane.shape
    x = np.arange(width, dtype=np.float32) - (width - 1) / 2
    y = np.arange(height, dtype=np.float32) - (height - 1) / 2
    across, down = np.meshgrid(x, y)
    return _weights(across), _weights(down)


def _moved(plane: Plane, distance: float, shape: tuple[int, ...]) -> Plane:
    """The plane moved to the right, cut to `shape`; its edge goes on where it ends."""
    matrix = np.array([[1, 0, distance], [0, 1, 0]])
    return _plane(cv2.warpAffine(plane, matrix, (shape[1], shape[0]), borderMode=cv2.BORDER_REPLICATE))


def _swept(plane: Plane, distance: float) -> Plane:
    """The plane as a shutter sees it that is open while it moves so far sideways."""
    return _plane(cv2.blur(plane, (_odd(distance), 1), borderType=cv2.BORDER_REPLICATE))


def _scaled(plane: Plane, scale: float) -> Plane:
    """The plane larger or smaller around its middle; beyond its edges it is mirrored."""
    height, width = plane.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), 0, scale)
    return _plane(cv2.warpAffine(plane, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101))


def _odd(length: float) -> int:
    return 2 * round(length / 2) + 1
