"""How a storyboard lands on the shots that are there.

A storyboard lands more than once: in parts while it is written, perhaps a different one after a crash, and at last whole. Each
shot has its place by its number, and a shot that a user has made something of stays as it is.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from services.core import codec
from services.core.model import Seeds, Shot, ShotDraft, ShotId, Storyboard

FIRST_REVISION = 1
"""A shot's revision until a user has changed it or had it made anew."""


@dataclass(frozen=True, slots=True)
class NewShot:
    """A shot that the board has and the story has not. `seed` becomes all four of its seeds."""

    sequence: int
    draft: ShotDraft
    seed: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What makes the shots of a story say what a board says: `reworded` holds each shot before and after."""

    missing: tuple[NewShot, ...] = ()
    reworded: tuple[tuple[Shot, Shot], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.missing or self.reworded)


def changes(shots: Sequence[Shot], board: Storyboard, seeds: Sequence[int]) -> Changes:
    """From the shots that are there to the board's, or to as many of them as a part of it has."""
    there = {shot.sequence: shot for shot in shots}
    missing: list[NewShot] = []
    reworded: list[tuple[Shot, Shot]] = []
    for sequence, (draft, seed) in enumerate(zip(board.shots, seeds, strict=True), start=1):
        shot = there.get(sequence)
        if shot is None:
            missing.append(NewShot(sequence, draft, seed))
        elif _untouched(shot) and (after := _worded(shot, draft, seed)) != shot:
            reworded.append((shot, after))
    return Changes(tuple(missing), tuple(reworded))


def surplus(shots: Sequence[Shot], board: Storyboard, named: Collection[ShotId]) -> tuple[Shot, ...]:
    """The shots behind a whole board's last one that nobody would miss: from the end, so that the numbers keep no gap.

    `named` are the shots that operations are about.
    """
    behind = [shot for shot in shots if shot.sequence > len(board.shots)]
    return tuple(takewhile(lambda shot: _untouched(shot) and shot.id not in named, reversed(behind)))


def _untouched(shot: Shot) -> bool:
    return shot.revision == FIRST_REVISION


def _worded(shot: Shot, draft: ShotDraft, seed: int) -> Shot:
    return replace(shot, details=draft.description, seeds=Seeds(seed, seed, seed, seed), **codec.draft_to_json(draft))
