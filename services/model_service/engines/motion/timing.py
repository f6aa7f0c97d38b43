"""When each frame of a clip shows what of its footage: as it was shot where that fits, a little faster, or in slow motion.

Footage that is too long is shortened at its end, or sped up where that saves its ending. Footage that is too short is slowed
down as far as it bears; beyond that its motion comes to rest, and a gentle push over its last frame takes over.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

FASTEST = 1.15
"""Played faster than this, people hurry: what is longer is cut off at its end instead."""
SLOWEST = 0.5
"""Played slower than this, motion drags, and what interpolation invents is seen too long."""
_DISPENSABLE = 0.25
"""Seconds that are cut off at the end rather than that every frame becomes a blend of two."""
_NEAR = 0.004
"""Seconds by which a frame may be early or late, unseen, to be shown as it was shot."""
_SMOOTH = 45.0
"""Footage of more frames a second is smooth enough to show the nearest of them."""
_REST = 1.2
"""Seconds in which motion comes to rest."""
_PUSH, _WHOLE_PUSH = 0.016, 0.10
"""The push as a share of the frame's size: a second, and altogether."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What a frame shows: the footage's frame `index`, `share` of the way to the next one, enlarged by `zoom` (0: as it is)."""

    index: int
    share: float = 0.0
    zoom: float = 0.0


@dataclass(frozen=True, slots=True)
class Timing:
    """A moment for each frame of the clip, never going back. `changed` says what of it a viewer might notice.

    `speed` is the footage's (1: as it was shot); `held` counts the seconds at the clip's end over which it rests.
    """

    moments: Sequence[Moment]
    speed: float
    held: float
    changed: tuple[str, ...]


def plan(times: Sequence[float], frames: int, fps: int, *, synced: bool = False) -> Timing:
    """How footage whose frames are shown at `times` (seconds, rising from 0, at least one) fills `frames` frames at `fps`.

    `synced` footage moves with a sound, and is neither sped up nor slowed down.
    """
    course = _course(times[-1], (frames - 1) / fps, slowest=1.0 if synced else SLOWEST, fastest=1.0 if synced else FASTEST)
    smooth = len(times) > _SMOOTH * times[-1] > 0
    moments = [_moment(times, course, frame / fps, near=1.0 if smooth else _NEAR) for frame in range(frames)]
    return Timing(moments, course.speed, course.held, tuple(_noted(times[-1], course)))


@dataclass(frozen=True, slots=True)
class _Course:
    """Seconds of the clip to seconds of the footage: at `speed`, until within `rest` seconds it comes to rest at `span`."""

    span: float
    wanted: float
    speed: float
    rest: float = 0.0
    holds: bool = False

    @property
    def slows_at(self) -> float:
        """Coming to rest evenly takes twice the time that going on would have taken."""
        return self.span / self.speed - self.rest / 2

    @property
    def held(self) -> float:
        return self.wanted - self.slows_at - self.rest if self.holds else 0.0

    def at(self, seconds: float) -> float:
        since = seconds - self.slows_at
        if not self.holds or since <= 0:
            return min(self.speed * seconds, self.span)
        if since >= self.rest:
            return self.span
        return self.speed * (seconds - since * since / (2 * self.rest))

    def zoom(self, seconds: float) -> float:
        """The push, which gathers way as the motion comes to rest."""
        since = seconds - self.slows_at
        if not self.holds or since <= 0:
            return 0.0
        pace = min(_PUSH, _WHOLE_PUSH / (self.wanted - self.slows_at))
        return pace * (since * since / (2 * self.rest) if since < self.rest else since - self.rest / 2)


def _course(span: float, wanted: float, *, slowest: float, fastest: float) -> _Course:
    if span > wanted + _DISPENSABLE and span <= wanted * fastest:
        return _Course(span, wanted, span / wanted)
    if span >= wanted:
        return _Course(span, wanted, 1.0)
    if span >= wanted * slowest:
        return _Course(span, wanted, span / wanted)
    alone = span / slowest
    return _Course(span, wanted, slowest, rest=min(_REST, 2 * alone, 2 * (wanted - alone)), holds=True)


def _moment(times: Sequence[float], course: _Course, seconds: float, *, near: float) -> Moment:
    """The footage at a time of the clip; a frame that is shown within `near` seconds of it, or of half a step, as it was shot."""
    zoom, at = course.zoom(seconds), course.at(seconds)
    index = max(0, bisect_right(times, at) - 1)
    if index == len(times) - 1:
        return Moment(index, 0.0, zoom)
    step = times[index + 1] - times[index]
    share = (at - times[index]) / step
    close = min(near / step, 0.5)
    if share <= close:
        return Moment(index, 0.0, zoom)
    if share >= 1 - close:
        return Moment(index + 1, 0.0, zoom)
    return Moment(index, share, zoom)


def _noted(span: float, course: _Course) -> list[str]:
    noted = []
    if abs(course.speed - 1) > 0.02 and span > 0:
        noted.append(f"speed: played at {course.speed:.2f} of its own")
    if course.wanted - span > _DISPENSABLE and course.holds:
        noted.append(f"length: it moves for {span:.1f} s; its last frame is held for {course.held:.1f} s under a gentle push")
    elif span > course.wanted * FASTEST or (course.speed == 1 and span > course.wanted + _DISPENSABLE):
        noted.append(f"length: the last {span - course.wanted:.1f} s of {span:.1f} s are left out")
    return noted
