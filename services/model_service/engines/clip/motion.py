"""Camera moves as smooth paths: where the camera is at each moment, and what that does to a picture's layers.

A layer at depth d answers the camera by k(d) = 0.35 + 0.65 d, its zoom as well as its shift. Since a shift never
exceeds half the extra zoom and both scale with k, no layer is ever seen past its edge.
"""

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from services.core.vocabulary import CameraMove

PIVOT = 0.82
"""The depth that an orbit turns around: the figures'."""

_BREATH = 0.026
"""How much nearer a locked-off shot comes at an ordinary strength."""
_SEEN = 0.43
"""Levels of luma a second, on a small copy, below which a breath is not seen: 0.018 a frame, of which encoding leaves less."""
_FASTEST_BREATH = 0.008
"""Zoom a second beyond which a locked-off shot would be a push."""


@dataclass(frozen=True, slots=True)
class Pose:
    """The camera at one moment. Shifts are shares of the picture's width and height.

    `zoom` and `x`, `y` work by depth; `flat_zoom`, `flat_x`, `flat_y` on all layers alike (the lens, not the place).
    """

    zoom: float = 0.0
    x: float = 0.0
    y: float = 0.0
    flat_zoom: float = 0.0
    flat_x: float = 0.0
    flat_y: float = 0.0
    pivot: float = 0.0


@dataclass(frozen=True, slots=True)
class Take:
    """What varies from one clip to another: how far, which way (1 to the right or up), drawn chance, and the clip's length.

    `shows` is what the picture shows of a camera that draws nearer, as `stillness.shown` measures it.
    """

    amount: float
    way: int
    chance: random.Random
    seconds: float
    shows: float = math.inf


Path = Callable[[float], Pose]
"""From 0 (the first frame) to 1 (the last) to the pose there; continuous and smooth."""


def answer(depth: float) -> float:
    """How strongly a layer at `depth` answers the camera's movement."""
    return 0.35 + 0.65 * depth


def ease(t: float) -> float:
    """From 0 to 1 with soft ends that still move: half a straight line, half a smoothstep."""
    return 0.5 * t + 0.5 * t * t * (3 - 2 * t)


def path(camera: str, *, seed: int, strength: float, seconds: float, shows: float = math.inf) -> tuple[CameraMove | None, Path]:
    """The move that `camera` names (None, a gentle push, when it names none) and its path.

    `strength` from 0 to 1 scales it; the seed varies its amount and, where the words name no direction, its direction. `shows`
    is what the picture shows of it (`Take`).
    """
    move = CameraMove.recognise(camera)
    chance = random.Random(seed)
    amount = (0.35 + 1.3 * min(max(strength, 0.0), 1.0)) * chance.uniform(0.88, 1.12)
    way = _direction(camera, chance)
    make = _PATHS.get(move, _gentle) if move is not None else _gentle
    return move, make(Take(amount, way, chance, seconds, shows))


def _direction(camera: str, chance: random.Random) -> int:
    """1 to the right or up, -1 to the left or down."""
    words = camera.lower()
    drawn = 1 if chance.random() < 0.5 else -1
    if any(word in words for word in ("left", "左", "down", "下摇", "下降")):
        return -1
    if any(word in words for word in ("right", "右", "up", "上摇", "上升", "仰")):
        return 1
    return drawn


def _push(take: Take) -> Path:
    x, y = take.chance.uniform(-0.35, 0.35), take.chance.uniform(-0.15, 0.25)
    reach = 0.155 * take.amount

    def at(t: float) -> Pose:
        zoom = reach * ease(t)
        return Pose(zoom=zoom, x=zoom * 0.5 * x, y=zoom * 0.5 * y)

    return at


def _gentle(take: Take) -> Path:
    return _push(replace(take, amount=take.amount * 0.6))


def _pull(take: Take) -> Path:
    inward = _push(take)
    return lambda t: inward(1 - t)


def _static(take: Take) -> Path:
    """A locked-off shot still breathes, so that the picture does not freeze: wider, and evenly, where little is seen of it."""
    breath = _BREATH * min(take.amount, 1.2)
    needed = _SEEN * take.seconds / max(take.shows, 1e-6) * min(take.amount, 1.0)
    if needed <= breath:
        return lambda t: Pose(zoom=breath * ease(t))
    wider = max(breath, min(needed, _FASTEST_BREATH * take.seconds * min(take.amount, 1.0)))
    return lambda t: Pose(zoom=wider * t)


def _pan(take: Take) -> Path:
    margin = 0.105 * take.amount
    return lambda t: Pose(zoom=margin, x=-take.way * margin * (ease(t) - 0.5) * 0.96)


def _crane(take: Take) -> Path:
    margin = 0.115 * take.amount
    return lambda t: Pose(zoom=margin, y=take.way * margin * (ease(t) - 0.5) * 0.96)


def _tilt(take: Take) -> Path:
    margin = 0.10 * take.amount
    return lambda t: Pose(
        flat_zoom=margin, flat_y=take.way * margin * (ease(t) - 0.5) * 0.94, zoom=0.02, y=take.way * 0.02 * (ease(t) - 0.5) * 0.9
    )


def _orbit(take: Take) -> Path:
    reach = 0.085 * take.amount

    def at(t: float) -> Pose:
        zoom = 0.03 * take.amount * math.sin(math.pi * t) ** 2
        return Pose(flat_zoom=reach * 1.05, x=-take.way * reach * (ease(t) - 0.5), pivot=PIVOT, zoom=zoom)

    return at


def _handheld(take: Take) -> Path:
    """Slow waves that never quite repeat, as from a hand that wants to hold still."""
    waves = [
        (take.chance.uniform(0.16, 0.62) * take.seconds, take.chance.uniform(0, math.tau), 1 / (1 + k))
        for k in range(3)
        for _ in range(3)
    ]
    norm = sum(weight for _, _, weight in waves[::3])
    margin = 0.036 * take.amount

    def sway(t: float, part: int) -> float:
        return sum(w * math.sin(math.tau * f * t + p) for f, p, w in waves[part::3]) / norm

    def at(t: float) -> Pose:
        return Pose(
            zoom=margin + 0.02 * take.amount * ease(t),
            x=margin * 0.47 * sway(t, 0),
            y=margin * 0.47 * sway(t, 1),
            flat_zoom=0.012 * take.amount,
        )

    return at


_PATHS: Mapping[CameraMove, Callable[[Take], Path]] = {
    CameraMove.STATIC: _static,
    CameraMove.PAN: _pan,
    CameraMove.PUSH: _push,
    CameraMove.PULL: _pull,
    CameraMove.ORBIT: _orbit,
    CameraMove.CRANE: _crane,
    CameraMove.TILT: _tilt,
    CameraMove.HANDHELD: _handheld,
}
