"""The cut: which frames of a take stand alone in the film, which go over into the next, and when a voice begins.

A take is a clip, or a card, of some frames. A transition lays the last frames of one take over the first of the next, so that
the film is shorter than its takes by its transitions. No voice and no subtitle stands in a transition.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from services.core.model import Shot
from services.core.requests import Cue
from services.core.vocabulary import Transition

OVERLAP = 0.5
"""Seconds of a transition. Every take is longer than two of them."""
LEAD_AFTER_CUT = 0.35
LEAD_AFTER_TRANSITION = OVERLAP + 0.1
"""Seconds of picture before the voice begins."""
TAIL = OVERLAP + 0.25
"""Seconds of picture after the voice has ended, so that a line can settle, whatever follows."""


@dataclass(frozen=True, slots=True)
class Cut:
    """How many frames of a take belong to the transition before it, and to the one after it."""

    opening: int
    closing: int

    def alone(self, frames: int) -> int:
        """Frames of the take's `frames` in which nothing else is seen."""
        return frames - self.opening - self.closing


def overlap(transition: Transition, fps: int) -> int:
    """Frames of a transition."""
    return 0 if transition is Transition.NONE else max(1, round(OVERLAP * fps))


def opening(shot: Shot, *, first: bool) -> Transition:
    """How a shot is to begin; the first one never by a cut, since a title may stand before it."""
    named = Transition.recognise(shot.transition) or Transition.NONE
    return Transition.DISSOLVE if first and named in {Transition.NONE, Transition.MORPH} else named


def lead(transition: Transition) -> float:
    """Seconds from a shot's first frame to its voice."""
    return LEAD_AFTER_CUT if transition is Transition.NONE else LEAD_AFTER_TRANSITION


def cuts(transitions: Sequence[Transition], fps: int) -> list[Cut]:
    """The cut of each take, by how each begins; the first one has nothing before it."""
    joints = [0, *(overlap(transition, fps) for transition in transitions[1:]), 0]
    return [Cut(joints[number], joints[number + 1]) for number in range(len(transitions))]


def starts(frames: Sequence[int], made: Sequence[Cut]) -> Iterator[int]:
    """The film's frame with which each take begins."""
    at = 0
    for length, cut in zip(frames, made, strict=True):
        yield at - cut.opening
        at += length - cut.opening


def alone(cues: Sequence[Cue], frames: int, cut: Cut, fps: int) -> tuple[Cue, ...]:
    """A take's cues as they are seen where it stands alone, counted from there."""
    shift, length = cut.opening / fps, cut.alone(frames) / fps
    moved = (replace(cue, start=round(max(cue.start - shift, 0), 3), end=round(min(cue.end - shift, length), 3)) for cue in cues)
    return tuple(cue for cue in moved if cue.end > cue.start)
