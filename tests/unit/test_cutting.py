"""The cut: nothing of a take is lost or shown twice, and no subtitle stands in a transition."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core import cutting
from services.core.cutting import Cut
from services.core.requests import Cue
from services.core.vocabulary import Transition
from tests import builders

takes = st.lists(st.tuples(st.sampled_from(Transition), st.integers(60, 400)), min_size=1, max_size=12)


@given(takes, st.sampled_from([12, 24, 25, 30, 60]))
def test_every_frame_of_the_film_is_one_piece_s(made: list[tuple[Transition, int]], fps: int) -> None:
    frames = [length * fps // 24 for _, length in made]
    cuts = cutting.cuts([transition for transition, _ in made], fps)
    starts = list(cutting.starts(frames, cuts))
    assert all(cut.alone(length) > 0 for cut, length in zip(cuts, frames, strict=True))
    assert (cuts[0].opening, cuts[-1].closing) == (0, 0)
    film = 0
    for cut, length, start in zip(cuts, frames, starts, strict=True):
        assert start == film  # its transition, or itself, comes next
        film += cut.opening + cut.alone(length)
    assert film == sum(frames) - sum(cut.opening for cut in cuts)
    assert all(before.closing == after.opening for before, after in pairwise(cuts))


def test_a_cut_overlaps_nothing() -> None:
    assert cutting.cuts([Transition.DISSOLVE, Transition.NONE, Transition.WIPE], 24) == [Cut(0, 0), Cut(0, 12), Cut(12, 0)]


def test_the_first_shot_does_not_begin_with_a_cut() -> None:
    shot = builders.shot(builders.story(), transition="none")
    assert cutting.opening(shot, first=True) is Transition.DISSOLVE
    assert cutting.opening(shot, first=False) is Transition.NONE
    assert cutting.opening(builders.shot(builders.story(), transition="黑场过渡"), first=True) is Transition.FADE


@pytest.mark.parametrize("transition", Transition)
def test_the_voice_begins_after_the_transition(transition: Transition) -> None:
    assert cutting.lead(transition) > cutting.overlap(transition, 24) / 24


def test_cues_count_from_where_the_take_stands_alone() -> None:
    cues = (Cue("gone", 0.0, 0.4), Cue("cut", 0.4, 1.0), Cue("whole", 1.0, 2.0), Cue("late", 2.2, 9.0))
    assert cutting.alone(cues, 72, Cut(12, 12), 24) == (Cue("cut", 0, 0.5), Cue("whole", 0.5, 1.5), Cue("late", 1.7, 2.0))
