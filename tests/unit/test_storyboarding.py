"""What a landing storyboard changes: nothing that a user has made, and no number left out."""

from dataclasses import replace

import pytest

from services.core.model import Seeds, Shot, ShotDraft, Storyboard
from services.core.storyboarding import NewShot, changes, surplus
from tests import builders

STORY = builders.story()


def board(*texts: str) -> Storyboard:
    return Storyboard(tuple(ShotDraft(title=text, description=text, seconds=3.0) for text in texts))


def landed(*texts: str) -> tuple[Shot, ...]:
    blank = dict.fromkeys(("narration", "prompt", "camera", "framing", "transition", "voice", "bgm"), "")
    return tuple(
        builders.shot(STORY, n, title=text, description=text, details=text, seconds=3.0, **blank)
        for n, text in enumerate(texts, start=1)
    )


def test_a_part_adds_what_is_missing_and_leaves_what_says_the_same() -> None:
    found = changes(landed("a", "b"), board("a", "b", "c", "d"), (1, 2, 3, 4))
    drafts = board("c", "d").shots
    assert found.missing == (NewShot(3, drafts[0], 3), NewShot(4, drafts[1], 4))
    assert found.reworded == ()


def test_a_shorter_part_changes_nothing_behind_it() -> None:
    assert not changes(landed("a", "b", "c"), board("a"), (1,))


def test_what_another_board_says_replaces_what_nobody_has_touched() -> None:
    before = landed("a", "b")
    found = changes(before, board("a", "B"), (1, 9))
    ((old, new),) = found.reworded
    assert old == before[1]
    assert new == replace(old, title="B", description="B", details="B", seeds=Seeds(9, 9, 9, 9))


def test_a_shot_that_a_user_has_changed_stays() -> None:
    first, second = landed("a", "b")
    assert not changes((first, replace(second, revision=2, details="mine")), board("a", "B"), (1, 2))


def test_each_shot_needs_its_seed() -> None:
    with pytest.raises(ValueError, match="shorter"):
        changes((), board("a", "b"), (1,))


def test_what_is_behind_the_last_shot_goes_unless_somebody_would_miss_it() -> None:
    shots = landed("a", "b", "c", "d")
    assert surplus(shots, board("A", "B"), set()) == (shots[3], shots[2])
    assert surplus(shots, board("A", "B"), {shots[2].id}) == (shots[3],)
    assert surplus((*shots[:3], replace(shots[3], revision=2)), board("A", "B"), set()) == ()  # no gap before it
    assert surplus(shots[:2], board("A", "B", "C"), set()) == ()
