"""Short hair with a hairline of its own: side-burns, a fringe or a parting, and volume above the skull."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from services.model_service.engines.keyframe.canvas import Array, Point
from services.model_service.engines.keyframe.faces import Head
from services.model_service.engines.keyframe.figure_brush import Brush, shaded


@dataclass(frozen=True, slots=True)
class Haircut:
    """`line`: the lower edge from ear to ear, (azimuth, elevation) in degrees, the parting on the left; the nape follows by
    itself. `top`: the outline's height over the skull, listed from the nape over the crown to the brow. `strands`: locks
    that are drawn as lines, each from root to tip.
    """

    line: tuple[Point, ...]
    top: tuple[float, ...]
    strands: tuple[tuple[Point, ...], ...] = ()
    nape: float = -40.0


_BURN = ((-104.0, 2.0), (-92.0, 10.0), (-84.0, -18.0), (-72.0, -14.0), (-66.0, 14.0))
_RIGHT_BURN = tuple((-a, e) for a, e in reversed(_BURN))
HAIRCUTS: Mapping[str, Haircut] = {
    "short": Haircut(
        (*_BURN, (-52, 34), (-34, 50), (-22, 40), (-4, 30), (4, 34), (18, 24), (26, 30), (40, 20), (52, 26), *_RIGHT_BURN),
        (1.04, 1.10, 1.16, 1.22, 1.25, 1.24, 1.20, 1.14),
        (((-32, 58), (-6, 52), (12, 38)), ((-28, 66), (10, 58), (34, 36)), ((-20, 74), (30, 62), (58, 30))),
    ),
    "swept": Haircut(
        (*_BURN, (-54, 36), (-40, 44), (-20, 48), (0, 46), (20, 44), (40, 38), (56, 28), *_RIGHT_BURN),
        (1.04, 1.08, 1.14, 1.20, 1.28, 1.36, 1.36, 1.20),
        (((-24, 50), (-14, 66), (8, 80)), ((0, 50), (10, 66), (30, 78)), ((24, 46), (36, 60), (60, 66))),
    ),
    "crop": Haircut(
        (*_BURN, (-52, 28), (-36, 34), (-12, 33), (0, 29), (12, 33), (36, 34), (52, 28), *_RIGHT_BURN),
        (1.04, 1.06, 1.08, 1.10, 1.11, 1.11, 1.10, 1.08),
        (),
    ),
    "receding": Haircut(
        (*_BURN, (-54, 40), (-38, 64), (-20, 66), (0, 56), (20, 66), (38, 64), (54, 40), *_RIGHT_BURN),
        (1.05, 1.09, 1.12, 1.13, 1.12, 1.10, 1.06, 1.03),
        (((-14, 66), (-10, 80), (150, 84)), ((14, 66), (20, 80), (140, 80))),
    ),
    "tousled": Haircut(
        (
            *_BURN, (-56, 18), (-46, 30), (-36, 14), (-26, 28), (-14, 12), (-6, 28), (6, 16), (14, 30), (24, 12), (34, 28),
            (44, 12), (56, 24), *_RIGHT_BURN,
        ),
        (1.06, 1.22, 1.14, 1.32, 1.20, 1.36, 1.22, 1.34, 1.20, 1.30, 1.18, 1.12),
        (((-10, 70), (-20, 48), (-16, 26)), ((10, 72), (4, 50), (8, 30)), ((34, 64), (34, 46), (26, 26))),
    ),
    "fringe": Haircut(
        (
            *_BURN, (-56, 8), (-44, 14), (-32, 9), (-20, 16), (-8, 10), (4, 16), (16, 10), (28, 15), (42, 9), (56, 10),
            *_RIGHT_BURN,
        ),
        (1.08, 1.16, 1.20, 1.22, 1.23, 1.22, 1.20, 1.16),
        (((-16, 60), (-20, 40), (-20, 20)), ((8, 62), (8, 40), (6, 20)), ((30, 58), (34, 38), (30, 18))),
        -50.0,
    ),
}  # fmt: skip
"""By the name of a costume's hair."""


def draw_haircut(pen: Brush, head: Head, cut: Haircut, colour: Array) -> None:
    """The cut on the ball of the head, right at any turn, in three tones."""
    rim: list[Point] = []
    for azimuth, elevation in _edge(cut, -head.turn - 90.0, -head.turn + 90.0):
        rim.append(head.on(azimuth, elevation, 1.035)[0])
    first, last = (_bearing(head, p) for p in (rim[0], rim[-1]))
    if first < last:
        first += 360.0
    turns = np.linspace(last, first, 24)[1:-1]
    profile = cut.top
    # Seen from the front the outline is even; the more the head is turned, the more the brow's own height leads.
    s = math.sin(math.radians(head.turn))
    dome = []
    for t in turns.tolist():
        ahead = math.cos(math.radians(t)) * s  # 1 at the brow in profile, -1 at the nape
        high = max(math.sin(math.radians(t)), 0.0)
        share = 0.5 + 0.5 * ahead if abs(s) > 0.3 else (t - last) / max(first - last, 1e-3)
        swell = float(np.interp(share, np.linspace(0, 1, len(profile)), profile))
        swell = 1.045 + (swell - 1.045) * (0.35 + 0.65 * high)
        dome.append(head.near(swell * 0.95 * math.cos(math.radians(t)), swell * 1.02 * math.sin(math.radians(t))))
    pen.polygon([*rim, *dome], colour)
    x, y = head.centre
    dark = [p for p in dome if (p[0] - x) * pen.light < -head.r * 0.1]
    if len(dark) > 2:
        pen.polygon([*dark, *[(x + (p[0] - x) * 0.80, y + (p[1] - y) * 0.84) for p in reversed(dark)]], shaded(colour))
    if head.r * pen.scale < 12:
        return
    light = np.clip(colour * np.float32(1.25) + np.float32(0.02), 0, 1)
    for number, strand in enumerate(cut.strands):
        seen = [p for p, depth in (head.on(a, e, 1.08) for a, e in strand) if depth > 0.02]
        if len(seen) > 2:
            pen.stroke(seen, head.r * (0.11 if number % 2 else 0.07), light if number % 2 else shaded(shaded(colour)))


def _edge(cut: Haircut, low: float, high: float) -> list[Point]:
    """The hairline between two azimuths, its own corners kept, the nape beyond the ears; azimuths may lie beyond ±180."""
    whole = [*cut.line, (130.0, cut.nape * 0.8), (180.0, cut.nape), (230.0, cut.nape * 0.8)]
    around = [(a + turn, e) for turn in (-360.0, 0.0, 360.0) for a, e in whole]
    around.sort()
    angles, heights = [a for a, _ in around], [e for _, e in around]
    inner = [(a, e) for a, e in around if low < a < high]
    ends = [(a, float(np.interp(a, angles, heights))) for a in (low, high)]
    return _dense([ends[0], *inner, ends[1]])


def _dense(points: Sequence[Point]) -> list[Point]:
    """Long spans get points between, so that they follow the ball."""
    found = [points[0]]
    for (a0, e0), (a1, e1) in pairwise(points):
        steps = max(int((a1 - a0) / 16), 1)
        found += [(a0 + (a1 - a0) * k / steps, e0 + (e1 - e0) * k / steps) for k in range(1, steps + 1)]
    return found


def _bearing(head: Head, p: Point) -> float:
    angle = math.degrees(math.atan2(p[1] - head.centre[1], p[0] - head.centre[0])) - head.cock
    return (angle + 120) % 360 - 120


def draw_locks(pen: Brush, head: Head, length: float, colour: Array, *, curl: float = 0.0, wind: float = 0.0) -> None:
    """Long hair that falls before the shoulders on both sides of the face; `length` in half-heads below its middle."""
    for side in (-1, 1):
        root, depth = head.on(side * 66.0, 18.0, 1.06)
        if depth < -0.10:
            continue
        temple, _ = head.on(side * 84.0, -20.0, 1.10)
        jaw, _ = head.on(side * 80.0, -56.0, 1.26)
        out = 1.0 if jaw[0] > head.centre[0] else -1.0
        low = head.centre[1] - length * head.r
        x = jaw[0] + out * head.r * 0.10
        drift = wind * head.r * length * 0.30
        outer = [root, (temple[0] + out * head.r * 0.10, temple[1]), (x + out * head.r * (0.20 + curl), jaw[1]),
                 (x + out * head.r * (0.20 - curl) + drift * 0.5, (jaw[1] + low) / 2), (x + drift, low)]  # fmt: skip
        inner = [root, (temple[0] - out * head.r * 0.10, temple[1]), (jaw[0] - out * head.r * 0.16, jaw[1]),
                 (x - out * head.r * 0.24 + drift * 0.5, (jaw[1] + low) / 2), (x + drift, low)]  # fmt: skip
        left, right = (outer, inner) if out < 0 else (inner, outer)
        pen.panel(left, right, colour)
