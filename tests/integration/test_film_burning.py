"""Burned subtitles: in exactly the frames that they are to be in, and nothing else of the picture changed."""

from pathlib import Path

import numpy as np
import pytest

from services.core.model import Digest
from services.core.requests import Cue, SegmentRequest
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests.film_desk import FPS, Desk, Picture, lavfi, pictures

FRAMES = 24
WIDTH, HEIGHT = 640, 360


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    lavfi(folder / "black", f"color=c=black:s={WIDTH}x{HEIGHT}:r={FPS}:d=2")
    lavfi(folder / "moving", f"testsrc2=s={WIDTH}x{HEIGHT}:r={FPS}:d=2")
    return folder


def burned(engine: Ffmpeg, desk: Desk, clip: str, *cues: Cue) -> list[Picture]:
    request = SegmentRequest(clip=Digest(clip), start=3, frames=FRAMES, fps=FPS, width=WIDTH, height=HEIGHT, cues=cues)
    shown = pictures(engine.run(request, desk).files["video"].path)
    assert len(shown) == FRAMES
    return shown


def width(picture: Picture) -> int:
    """From the first column with a letter in it to the last one, on black; 0 without a letter."""
    found = np.flatnonzero((picture > 110).any(axis=0))
    return int(found[-1] - found[0]) if found.size else 0


@pytest.mark.parametrize(
    ("start", "end", "seen"),
    [
        (0.0, 5.0, range(24)),
        (0.1666, 0.5, range(4, 12)),  # frame 4 begins at 0.16667: rounded to hundredths, the cue would miss it
        (0.167, 0.5, range(5, 12)),
        (0.2, 0.21, range(5, 6)),
        (0.9, 9.0, range(22, 24)),
        (0.96, 9.0, range(0)),  # after the last frame
    ],
)
def test_a_cue_is_in_its_frames_and_in_no_other(engine: Ffmpeg, desk: Desk, start: float, end: float, seen: range) -> None:
    shown = burned(engine, desk, "black", Cue("龙", start, end))
    assert [number for number, picture in enumerate(shown) if width(picture)] == list(seen)


def test_one_cue_follows_another_at_once_and_after_a_pause(engine: Ffmpeg, desk: Desk) -> None:
    cues = Cue("走", 0.0, 0.25), Cue("走过雪山", 0.25, 0.5), Cue("走", 0.75, 0.9)
    widths = [width(picture) for picture in burned(engine, desk, "black", *cues)]
    assert widths[0] > 0
    letters = [round(found / widths[0]) for found in widths]
    assert letters == [1] * 6 + [letters[6]] * 6 + [0] * 6 + [1] * 4 + [0] * 2
    assert letters[6] >= 4


def test_a_cue_leaves_the_rest_of_the_picture_and_other_frames_as_they_are(engine: Ffmpeg, desk: Desk) -> None:
    plain = burned(engine, desk, "moving")
    cued = burned(engine, desk, "moving", Cue("走过雪山", 0.25, 0.5))
    for number, (one, other) in enumerate(zip(plain, cued, strict=True)):
        # An encoder spends its bits differently where there is more to see.
        assert np.abs(one - other)[: HEIGHT // 2].mean() < 1
        assert (np.abs(one - other)[HEIGHT // 2 :].max() > 100) == (6 <= number < 12)
