"""Title and end cards: in every style, shape and language; the words within the frame, coming gently, never as boxes."""

from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from services.core.errors import EngineFailed
from services.core.model import Digest, Language
from services.core.requests import CardRequest
from services.core.vocabulary import Style
from services.model_service.engines.film import lettering
from services.model_service.engines.film.ffmpeg import Ffmpeg
from services.model_service.engines.film.lettering import Setting, block
from services.model_service.engines.film.tools import serif
from tests.film_desk import FPS, Desk, Picture, pictures

FRAMES = 48
SERIF = serif()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    ramp = np.linspace(60, 200, 160, dtype=np.uint8)[None, :, None] * np.ones((90, 1, 3), np.uint8)
    Image.fromarray(ramp).save(folder / "picture", format="PNG")
    (folder / "garbage").write_bytes(b"this is no picture" * 100)
    return folder


def ask(text: str = "雪山奇缘", style: str = "movie", picture: str | None = "picture", **fields: Any) -> CardRequest:
    shape: dict[str, Any] = {
        "card": "title",
        "language": Language.ZH,
        "frames": FRAMES,
        "fps": FPS,
        "width": 320,
        "height": 184,
    } | fields
    return CardRequest(text=text, style=style, picture=Digest(picture) if picture else None, **shape)


def made(engine: Ffmpeg, desk: Desk, request: CardRequest) -> list[Picture]:
    shown = pictures(engine.run(request, desk).files["video"].path)
    assert len(shown) == request.frames
    assert shown[0].shape == (request.height, request.width)
    return shown


def ink(shown: list[Picture]) -> NDArray[np.bool_]:
    """Where the last frame differs strongly from the first one, in which there are no words yet."""
    return np.asarray(np.abs(shown[-1] - shown[0]) > 60, np.bool_)


@pytest.mark.parametrize("style", [*Style, "unheard of"])
def test_every_style_shows_its_title_in_the_middle(engine: Ffmpeg, desk: Desk, style: str) -> None:
    words = ink(made(engine, desk, ask(style=style)))
    rows, columns = np.flatnonzero(words.any(axis=1)), np.flatnonzero(words.any(axis=0))
    assert 0.005 < words.mean() < 0.2
    assert 0 < rows[0] < rows[-1] < 183
    assert 0 < columns[0] < columns[-1] < 319
    assert (columns[0] + columns[-1]) / 2 == pytest.approx(160, abs=16)
    if Style.recognise(style) is Style.INK:
        assert rows[-1] - rows[0] > columns[-1] - columns[0], "Chinese stands in a column"


@pytest.mark.parametrize(("width", "height"), [(184, 320), (240, 240), (240, 184)])
@pytest.mark.parametrize(
    "text", ["完", "漫长的归途：关于一条龙、一座花园与永不结束的夏天", "The Extraordinarily Long Voyage of the Good Ship Meridian"]
)
def test_words_stay_within_every_frame(engine: Ffmpeg, desk: Desk, width: int, height: int, text: str) -> None:
    words = ink(made(engine, desk, ask(text, width=width, height=height, card="end", frames=60)))
    assert words.any()
    edge = np.ones_like(words)
    edge[4:-4, 4:-4] = False
    assert not (words & edge).any()


def test_the_words_come_gently_and_the_picture_never_stands_still(engine: Ffmpeg, desk: Desk) -> None:
    shown = made(engine, desk, ask())
    words = ink(shown)
    levels = [float(picture[words].mean()) for picture in shown]
    assert levels[0] < 100
    assert levels[-1] > 180
    assert max(np.diff(levels)) < 25, "no letter jumps in"
    moved = [np.abs(b - a)[:40].mean() for a, b in zip(shown[::8], shown[8::8], strict=False)]
    assert min(moved) > 0.02


@pytest.mark.parametrize("style", Style)
def test_no_card_stands_still_once_its_words_are_there(engine: Ffmpeg, desk: Desk, style: Style) -> None:
    """As `film_checks` sees it: on a small copy, next to nothing changes for less than half a second."""
    shown = made(engine, desk, ask("完", style=style, card="end", frames=3 * FPS))
    small = [cv2.resize(np.asarray(picture, np.float32), (96, 54), interpolation=cv2.INTER_AREA) for picture in shown]
    steps = [np.abs(np.round(after) - np.round(before)).mean() for before, after in pairwise(small)]
    assert max((len(list(run)) for still, run in groupby(step < 0.02 for step in steps) if still), default=0) < FPS / 2


def test_a_card_needs_no_picture(engine: Ffmpeg, desk: Desk) -> None:
    shown = made(engine, desk, ask(picture=None))
    assert 5 < shown[0].mean() < 120
    assert ink(shown).any()


def test_what_no_font_has_is_told_and_not_drawn(engine: Ffmpeg, desk: Desk) -> None:
    plain = engine.run(ask("雪山"), desk).files["video"].path.read_bytes()
    output = engine.run(ask("雪안녕山"), desk)
    assert output.meta["dropped"] == "안녕"
    assert output.files["video"].path.read_bytes() == plain
    nothing = engine.run(ask("안녕"), desk)
    assert nothing.meta["dropped"] == "안녕"


@pytest.mark.parametrize("text", ["雪山 😀 奇缘", "ألف ليلة وليلة (١٠٠)", "שלום London", "น้ำกำลัง", "क्षत्रिय ज्ञान", "ကမ္ဘာ"])
@pytest.mark.parametrize("style", ["cartoon", "ink"])
def test_every_script_is_set_in_lines_within_the_frame(engine: Ffmpeg, desk: Desk, text: str, style: str) -> None:
    output = engine.run(ask(text, style=style), desk)
    assert "dropped" not in output.meta
    words = ink(pictures(output.files["video"].path))
    assert words[4:-4, 4:-4].sum() == words.sum() > 40


def test_equal_requests_give_equal_bytes(engine: Ffmpeg, desk: Desk) -> None:
    first = engine.run(ask(style="cyberpunk"), desk).files["video"].path.read_bytes()
    assert engine.run(ask(style="cyberpunk"), desk).files["video"].path.read_bytes() == first


def test_a_picture_that_is_none_is_named(engine: Ffmpeg, desk: Desk) -> None:
    with pytest.raises(EngineFailed) as caught:
        engine.run(ask(picture="garbage"), desk)
    assert caught.value.reason == "MEDIA_UNREADABLE"
    assert "garbage" in str(caught.value)


# -- type ----------------------------------------------------------------------------------------------------------------------


def lines(text: str) -> list[str]:
    return lettering._fitted(text, Setting(SERIF, 0.1, 60), (400, 300), 8)[0]


def test_a_short_title_stands_on_one_line_and_a_long_one_on_equal_lines() -> None:
    assert lines("荒城之夜") == ["荒城之夜"]
    assert lines("一只老狐狸在雪地里讲的故事") == ["一只老狐狸在雪", "地里讲的故事"]
    assert lines("漫长的归途：关于一座花园") == ["漫长的归途：", "关于一座花园"]
    assert lines("The Good Ship Meridian and the Sea") == ["The Good", "Ship Meridian", "and the Sea"]


def test_a_title_longer_than_any_frame_is_cut() -> None:
    title = block("很长的题目" * 100, Setting(SERIF, 0.1, 60), centre=(0, 0), room=(400, 100), smallest=20)
    assert title.em >= 20
    assert len(title.letters) < 120


def test_a_word_of_joined_letters_moves_as_one_and_comes_from_its_own_side() -> None:
    def letters(text: str) -> list[lettering.Letter]:
        return list(block(text, Setting(SERIF, 0.1, 60), centre=(0, 0), room=(600, 100), smallest=8).letters)

    arabic = letters("ألف ليلة وليلة")
    assert len(arabic) == 3
    assert [letter.x for letter in arabic] == sorted((letter.x for letter in arabic), reverse=True), "the first word is rightmost"
    assert len(letters("สวัสดี")) == 1
    assert len(letters("Łódź")) == 4
    mixed = letters("雪山 שלום 世界")
    assert len(mixed) == 5
    assert [letter.x for letter in mixed] == sorted(letter.x for letter in mixed)
