"""What a film says can be read: on every picture, in every script, and to its end."""

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.core.model import Digest, Language
from services.core.requests import CardRequest, Cue, SegmentRequest
from services.core.vocabulary import Style
from services.model_service.engines.film.ffmpeg import Ffmpeg
from tests.film_desk import FPS, Desk, Picture, lavfi, pictures

WIDTH, HEIGHT = 1280, 720
EM = 0.052 * HEIGHT
BLACK = 20.0
"""Mean luma below which a frame is black, as `film_checks` has it."""


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    for name, colour in (("white", "0xFFFFFF"), ("paper", "0xF2EBDC"), ("night", "0x0E0E14"), ("none", "0x000000")):
        lavfi(folder / name, f"color=c={colour}:s={WIDTH}x{HEIGHT}:r={FPS}:d=0.2")
    Image.new("RGB", (160, 90)).save(folder / "black", format="PNG")
    Image.new("RGB", (160, 90), (26, 12, 40)).save(folder / "dim", format="PNG")
    Image.new("RGB", (160, 90), (240, 235, 225)).save(folder / "pale", format="PNG")
    return folder


def drawn(engine: Ffmpeg, desk: Desk, clip: str, text: str) -> Picture:
    request = SegmentRequest(clip=Digest(clip), frames=2, fps=FPS, width=WIDTH, height=HEIGHT, cues=(Cue(text, 0.0, 1.0),))
    output = engine.run(request, desk)
    assert "dropped" not in output.meta
    return pictures(output.files["video"].path)[1]


def luminance(grey: Picture) -> NDArray[np.float64]:
    """Relative luminance as WCAG 2 defines it."""
    part = grey / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("clip", ["white", "paper", "night"])
@pytest.mark.parametrize("text", ["他在雪山之巅看见一条龙。", "The dragon sleeps in snow.", "نام الطفل في البيت"])
def test_letters_stand_out_from_what_surrounds_them(engine: Ffmpeg, desk: Desk, clip: str, text: str) -> None:
    """At least 4.5 to 1, the contrast that WCAG 2 asks of text, within a fifth of an em around every letter."""
    letters = drawn(engine, desk, "none", text)  # over black, the edge and the shade are not seen
    side = 2 * round(0.2 * EM) + 1
    near = cv2.dilate((letters > 60).astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))) > 0
    light = luminance(drawn(engine, desk, clip, text))
    fill, around = np.median(light[letters > 200]), light[near & (letters < 30)].mean()
    assert fill > 0.9
    assert (fill + 0.05) / (around + 0.05) >= 4.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("س", "سس"),  # joined letters change their shape: two are not twice one
        ("क्ष", "क\u200cष"),
        ("ที่", "ทอ"),
        ("好👩\u200d🚀", "好👩🚀"),
        ("ខ្មែ", "ខមែ"),
    ],
)
def test_scripts_are_shaped(engine: Ffmpeg, desk: Desk, one: str, other: str) -> None:
    """What is joined or stacked is narrower than its letters one after another, and nothing is the box of a missing glyph."""

    def width(text: str) -> int:
        columns = np.flatnonzero((drawn(engine, desk, "none", text) > 110).any(axis=0))
        assert columns.size
        return int(columns[-1] - columns[0])

    assert width(one) < width(other)


def test_a_line_of_arabic_begins_at_the_right(engine: Ffmpeg, desk: Desk) -> None:
    """What is added to its end appears at its left; what is added to a line of Chinese, at its right."""

    def added_at(text: str) -> float:
        """The middle of what `———` adds, from the left end (0) of the line to its right one (1)."""
        shown = drawn(engine, desk, "none", text + " ———") > 110
        columns = np.flatnonzero(shown.any(axis=0))
        one_piece = cv2.connectedComponentsWithStats(shown.astype(np.uint8))[2][1:]
        left, _, width, _, _ = one_piece[one_piece[:, cv2.CC_STAT_WIDTH].argmax()]
        return float((left + width / 2 - columns[0]) / (columns[-1] - columns[0]))

    assert added_at("سلام London") < 0.4
    assert added_at("走 سلام 了") > 0.6


@pytest.mark.parametrize("style", Style)
@pytest.mark.parametrize("picture", [None, "black", "dim", "pale"])
def test_no_style_ends_in_long_black(engine: Ffmpeg, desk: Desk, shelf: Path, style: Style, picture: str | None) -> None:
    card = CardRequest(
        card="end",
        text="终",
        style=style,
        picture=Digest(picture) if picture else None,
        language=Language.ZH,
        frames=36,
        fps=FPS,
        width=108,
        height=192,
    )
    engine.run(card, desk).files["video"].path.replace(shelf / "card")
    last = SegmentRequest(clip=Digest("card"), frames=36, fps=FPS, width=108, height=192, fade_out=True)
    levels = [shown.mean() for shown in pictures(engine.run(last, desk).files["video"].path)]
    assert levels[10] > 40
    black = sum(1 for _ in itertools.takewhile(lambda level: level < BLACK, reversed(levels)))
    assert 1 <= black <= 0.3 * FPS
