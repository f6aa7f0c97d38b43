"""The subtitle file that libass draws."""

from services.core.requests import Cue
from services.model_service.engines.film.subtitles_ass import FAMILY, document


def events(*cues: Cue, size: tuple[int, int] = (1280, 720)) -> list[str]:
    return [line for line in document(cues, *size).splitlines() if line.startswith("Dialogue:")]


def test_times_are_hundredths_and_lines_are_broken() -> None:
    assert events(Cue("one\ntwo", 0.4, 3661.236)) == ["Dialogue: 0,0:00:00.40,1:01:01.24,Narration,,0,0,0,,one\\Ntwo"]


def test_curly_quotes_are_straight_in_latin_lines_only() -> None:
    (line,) = events(Cue("Don’t “run”\n他说“走”", 0, 1))
    assert line.endswith('Don\'t "run"\\N他说“走”')


def test_braces_and_backslashes_are_only_letters() -> None:
    (line,) = events(Cue("{\\b1}", 0, 1))
    assert line.endswith("\\{\\\u2060b1\\}")


def test_letters_are_sized_by_height_but_never_wider_than_the_frame() -> None:
    def font_size(width: int, height: int) -> float:
        style = next(line for line in document((), width, height).splitlines() if line.startswith("Style:"))
        assert FAMILY in style
        return float(style.split(",")[2])

    assert font_size(1280, 720) > font_size(720, 1280)
    em = font_size(720, 1280) / 1.448
    assert 20 * em <= 0.94 * 720, "twenty Chinese characters fit between the margins"
