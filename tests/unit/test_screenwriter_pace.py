"""How long words take, and whether they stand on two subtitle lines."""

import pytest

from services.core.subtitles import cues
from services.model_service.engines.storyboard import pace


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("", True),
        ("一" * 40, True),
        ("一" * 41, False),
        ("一" * 20 + "，" + "一" * 19, False),
        ("一" * 19 + "，" + "一" * 20, True),
        ("word " * 16, True),
        ("word " * 17, False),
        ("a" * 41, False),
        ("The great mast cracked and fell, and the compass went over the side.", True),
        ("incomprehensibilities " * 3 + "ununderstandable", False),
    ],
)
def test_two_lines(text: str, fits: bool) -> None:
    assert pace.fits(text.strip()) is fits


def test_what_fits_is_one_subtitle_of_two_lines() -> None:
    line = "The great mast cracked and fell, and the compass went over the side."
    words = [[word, i * 0.3, i * 0.3 + 0.25] for i, word in enumerate(line.split())]
    assert all(cue.text.count("\n") <= 1 for cue in cues(words))


def test_seconds_follow_the_words_within_bounds() -> None:
    assert pace.seconds("") == 3.5
    assert pace.seconds("好。") == pace.SHORTEST
    assert pace.seconds("一" * 21) == pytest.approx(6.2)
    assert pace.seconds("one two three four five six seven eight nine ten eleven twelve thirteen") == pytest.approx(6.2)
    assert pace.seconds("一" * 400) == pace.LONGEST
