"""The subtitle file that libass draws, and which characters get into it."""

from pathlib import Path

import pytest
from PIL import ImageFont

from services.core.requests import Cue
from services.model_service.engines.film.subtitles_ass import document, drawable, faces
from services.model_service.engines.film.tools import sans, serif
from services.model_service.engines.film.typeface import Typeface, clusters, visual

SANS = sans()


def events(*cues: Cue, size: tuple[int, int] = (1280, 720)) -> list[str]:
    """The lines of the letters; each has a shade under it, which says the same."""
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
        assert SANS.main.family in style
        return float(style.split(",")[2])

    assert font_size(1280, 720) > font_size(720, 1280)
    em = font_size(720, 1280) / SANS.main.line
    assert 20 * em <= 0.94 * 720, "twenty Chinese characters fit between the margins"


@pytest.mark.parametrize(
    ("text", "shown", "dropped"),
    [
        ("龘㐀々〇 ♪ ★", "龘㐀々〇 ♪ ★", ""),
        ("𠮷野家", "野家", "𠮷"),
        ("走吧 😀🚀 好", "走吧 😀🚀 好", ""),
        ("日本の朝、アニメ", "日本の朝、アニメ", ""),
        ("cafe\u0301", "café", ""),
        ("𝓐lice g\u0308", "Alice g\u0308", ""),
        ("Erdoğan", "Erdoğan", ""),
        ("a 한국 b שלום\nไทย", "a b שלום\nไทย", "한국"),
        ("👩\u200d🚀\ufe0f", "👩\u200d🚀\ufe0f", ""),
        ("می\u200cخواهم a\u200cb", "می\u200cخواهم ab", ""),
        ("한\u0e31", "", "한\u0e31"),
        ("tab\there\u3000now", "tab here now", ""),
    ],
)
def test_what_no_font_has_is_dropped_and_told(text: str, shown: str, dropped: str) -> None:
    assert SANS.shown(text) == (shown, dropped)


def test_a_cue_of_which_nothing_is_left_is_not_drawn() -> None:
    cues, dropped = drawable((Cue("안녕", 0, 1), Cue("走 한국", 1, 2)), SANS)
    assert cues == [Cue("走", 1, 2)]
    assert dropped == "안녕한국"


def families(text: str) -> list[tuple[str, str]]:
    return [(run.text, run.face.family.removeprefix("Noto ")) for run in SANS.runs(text)]


def test_each_run_has_one_font_and_a_latin_word_is_never_of_two() -> None:
    assert families("他说 مرحبا يا عالم 了") == [("他说 ", "Sans SC"), ("مرحبا يا عالم", "Sans Arabic"), (" 了", "Sans SC")]
    assert families("Mr Erdoğan's 👩\u200d🚀好") == [
        ("Mr ", "Sans SC"),
        ("Erdoğan's", "Sans"),
        (" ", "Sans SC"),
        ("👩\u200d🚀", "Emoji"),
        ("好", "Sans SC"),
    ]
    assert [face.family for face in faces((Cue("走\nกำ", 0, 1),), SANS) - {SANS.main}] == ["Noto Sans Thai"]


def test_a_line_with_another_script_names_its_fonts_at_their_own_size() -> None:
    (line,) = events(Cue("走 ไทย", 0, 1))
    tags = line.split(",,", 2)[2]
    thai = next(face for face in faces((Cue("ไทย", 0, 1),), SANS) if face.family == "Noto Sans Thai")
    em = 0.052 * 720
    assert tags.startswith("{\\fsp0\\fe-1}{\\fnNoto Sans SC")
    assert f"{{\\fnNoto Sans Thai\\fs{em * thai.line:.2f}}}ไทย" in tags


@pytest.mark.parametrize(
    ("read", "seen"),
    [
        ("她说 שלום, 走了", "她说 שלום, 走了"),
        ("שלום (London 5).", ".(London 5) שלום"),
        ("שלום 42 مرحبا", "مرحبا 42 שלום"),
        ("A שלום 42 مرحبا B", "A مرحبا 42 שלום B"),
        ("走 ไทย 好", "走 ไทย 好"),
    ],
)
def test_runs_stand_in_the_order_that_is_seen(read: str, seen: str) -> None:
    assert "".join(run.text for run in visual(SANS.runs(read))) == seen


def test_what_is_joined_is_one_cluster() -> None:
    text = "👩\u200d🚀👍🏽🇫🇷🇨🇳1\ufe0f\u20e3น้ำ क्षि"
    assert list(clusters(text)) == ["👩\u200d🚀", "👍🏽", "🇫🇷", "🇨🇳", "1\ufe0f\u20e3", "น้", "ำ", " ", "क्", "षि"]


_SAMPLES = {
    "Arabic": "مرحبا، ٣",
    "Armenian": "Հայ",
    "Bengali": "বাংলা ক্ষ",
    "Devanagari": "क्षत्रिय ज्ञान",
    "Emoji": "😀🚀❤\ufe0f",
    "Ethiopic": "ሰላም",
    "Georgian": "ქართული",
    "Gujarati": "ગુજરાતી",
    "Gurmukhi": "ਪੰਜਾਬੀ",
    "Hebrew": "שָׁלוֹם",
    "Kannada": "ಕನ್ನಡ",
    "Khmer": "ខ្មែរ",
    "Lao": "ລາວ",
    "Latin": "Łódź Việt ỹ",
    "Malayalam": "മലയാളം",
    "Myanmar": "မြန်မာ",
    "Oriya": "ଓଡ଼ିଆ",
    "Sinhala": "ශ්‍රී",
    "Tamil": "தமிழ்",
    "Telugu": "తెలుగు",
    "Thai": "น้ำ ที่",
}


@pytest.mark.parametrize("typeface", [sans(), serif()], ids=["sans", "serif"])
@pytest.mark.parametrize("script", _SAMPLES)
def test_every_script_is_drawn_whole(typeface: Typeface, script: str) -> None:
    """No run of it contains the picture that its font has for what it lacks."""
    shown = typeface.shown(_SAMPLES[script])
    assert not shown.dropped
    for run in typeface.runs(shown.text):
        font = ImageFont.truetype(str(run.face.path), 32)
        box = bytes(font.getmask("\U000e1234"))
        for cluster in clusters(run.text):
            assert cluster.isspace() or bytes(font.getmask(cluster)) != box, cluster


@pytest.mark.parametrize("typeface", [sans(), serif()], ids=["sans", "serif"])
def test_nothing_that_is_shown_is_an_empty_box(typeface: Typeface) -> None:
    """Every character that a font's table claims is drawn, and looks unlike the font's picture of a character that it lacks."""
    blocks = [(0x20, 0x250), (0x370, 0x460), (0x5D0, 0x5EB), (0x627, 0x64B), (0x900, 0x930), (0xE01, 0xE30), (0x2010, 0x2040)]
    blocks += [(0x2100, 0x2200), (0x25A0, 0x2670), (0x3000, 0x3100), (0x3400, 0x3420), (0x4E00, 0x4E80), (0xAC00, 0xAC20)]
    blocks += [(0x20000, 0x20040), (0x20BB7, 0x20BB8), (0x1F600, 0x1F640), (0x1D400, 0x1D420)]
    fonts: dict[Path, tuple[ImageFont.FreeTypeFont, bytes]] = {}
    for first, last in blocks:
        for code in range(first, last):
            text = typeface.shown(chr(code)).text
            for run in typeface.runs(text) if text else ():
                if run.face.path not in fonts:
                    font = ImageFont.truetype(str(run.face.path), 32)
                    fonts[run.face.path] = font, bytes(font.getmask("\U000e1234"))
                font, box = fonts[run.face.path]
                assert all(c in run.face for c in run.text)
                assert bytes(font.getmask(run.text)) != box, f"U+{code:04X}"
    assert any(any(box) for _, box in fonts.values()), "what is missing would be seen"
