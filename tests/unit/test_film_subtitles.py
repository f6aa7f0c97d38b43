"""The subtitle file that libass draws, and which characters get into it."""

from pathlib import Path

import pylopdf_fonts_zh_cn
import pytest
from PIL import ImageFont

from services.core.requests import Cue
from services.model_service.engines.film.glyphs import Coverage
from services.model_service.engines.film.subtitles_ass import document, drawable
from services.model_service.engines.film.tools import Face

SANS = Face(Path(pylopdf_fonts_zh_cn.sans_path()), "Noto Sans SC")


def events(*cues: Cue, size: tuple[int, int] = (1280, 720)) -> list[str]:
    """The lines of the letters; each has a glow under it, which says the same."""
    lines = [line for line in document(cues, *size, SANS).splitlines() if line.startswith("Dialogue:")]
    assert [line.split(",", 9)[9].split("}", 1)[1] for line in lines[::2]] == [line.split(",", 9)[9] for line in lines[1::2]]
    return lines[1::2]


def test_times_are_hundredths_and_lines_are_broken() -> None:
    assert events(Cue("one\ntwo", 0.4, 3661.236)) == ["Dialogue: 1,0:00:00.40,1:01:01.24,Letters,,0,0,0,,one\\Ntwo"]


def test_curly_quotes_are_straight_in_latin_lines_only() -> None:
    (line,) = events(Cue("Don’t “run”\n他说“走”", 0, 1))
    assert line.endswith('Don\'t "run"\\N他说“走”')


def test_braces_and_backslashes_are_only_letters() -> None:
    (line,) = events(Cue("{\\b1}", 0, 1))
    assert line.endswith("\\{\\\u2060b1\\}")


def test_letters_are_sized_by_height_but_never_wider_than_the_frame() -> None:
    def font_size(width: int, height: int) -> float:
        style = next(line for line in document((), width, height, SANS).splitlines() if line.startswith("Style:"))
        assert SANS.family in style
        return float(style.split(",")[2])

    assert font_size(1280, 720) > font_size(720, 1280)
    em = font_size(720, 1280) / 1.448
    assert 20 * em <= 0.94 * 720, "twenty Chinese characters fit between the margins"


@pytest.mark.parametrize(
    ("text", "shown", "dropped"),
    [
        ("龘㐀々〇 ♪ ★", "龘㐀々〇 ♪ ★", ""),
        ("𠮷野家", "野家", "𠮷"),
        ("走吧 😀🚀 好", "走吧 好", "😀🚀"),
        ("日本の朝、アニメ", "日本の朝、アニメ", ""),
        ("cafe\u0301", "café", ""),
        ("𝓐lice g\u0308", "Alice g", "\u0308"),
        ("Erdoğan", "Erdogan", ""),
        ("a 한국 b שלום\nไทย", "a b", "한국שלוםไทย"),
        ("👩\u200d🚀\ufe0f", "", "👩🚀"),
        ("tab\there\u3000now", "tab here now", ""),
    ],
)
def test_what_no_font_has_is_dropped_and_told(text: str, shown: str, dropped: str) -> None:
    assert SANS.coverage.shown(text) == (shown, dropped)


def test_a_cue_of_which_nothing_is_left_is_not_drawn() -> None:
    cues, dropped = drawable((Cue("😀", 0, 1), Cue("走 😀🎉", 1, 2)), SANS)
    assert cues == [Cue("走", 1, 2)]
    assert dropped == "😀🎉"


@pytest.mark.parametrize("path", [pylopdf_fonts_zh_cn.sans_path(), pylopdf_fonts_zh_cn.serif_path()])
def test_nothing_that_is_shown_is_an_empty_box(path: str) -> None:
    """Every character that the table claims is drawn, and looks unlike the font's picture of a character that it lacks."""
    coverage, font = Coverage(Path(path)), ImageFont.truetype(path, 32)
    blocks = [(0x20, 0x250), (0x370, 0x460), (0x5D0, 0x5EB), (0x627, 0x64B), (0x900, 0x930), (0xE01, 0xE30), (0x2010, 0x2040)]
    blocks += [(0x2100, 0x2200), (0x25A0, 0x2670), (0x3000, 0x3100), (0x3400, 0x3420), (0x4E00, 0x4E80), (0xAC00, 0xAC20)]
    blocks += [(0x20000, 0x20040), (0x20BB7, 0x20BB8), (0x1F600, 0x1F640), (0x1D400, 0x1D420)]
    box = bytes(font.getmask("\U000e1234"))
    assert any(box), "what is missing would be seen"
    for first, last in blocks:
        text = "".join(chr(code) for code in range(first, last))
        for character in set(coverage.shown(text).text) - {" ", "\n"}:
            assert character in coverage
            assert bytes(font.getmask(character)) != box, f"U+{ord(character):04X}"
