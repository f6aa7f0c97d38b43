"""Subtitles: nothing lost, everything readable, Chinese typography kept."""

import itertools
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.requests import Cue
from services.core.subtitles import LINE_WIDTH, LINGER, SHORTEST, breakable, columns, cues, srt, vtt

CLOSING = "，。！？；：、”’）》」』】…"
OPENING = "“‘（《「『【"

Word = tuple[str, float, float]


def spoken(text: str, *, pace: float = 0.3, gap: float = 0.0) -> list[Word]:
    """Words of `text` (split at `|`), each `pace` seconds long."""
    words: list[Word] = []
    clock = 0.0
    for word in text.split("|"):
        words.append((word, clock, clock + pace))
        clock += pace + gap
    return words


def english(text: str, pace: float = 0.3) -> list[Word]:
    return spoken(text.replace(" ", "|"), pace=pace)


def lines(shown: Sequence[Cue]) -> list[str]:
    return [line for cue in shown for line in cue.text.split("\n")]


def test_a_short_line_is_one_cue_on_one_line() -> None:
    (cue,) = cues(english("The rain stopped at dawn."), offset=0.4)
    assert cue.text == "The rain stopped at dawn."
    assert cue.start == pytest.approx(0.4)
    assert cue.end == pytest.approx(0.4 + 5 * 0.3 + LINGER)


def test_nothing_spoken_shows_nothing() -> None:
    assert cues([]) == ()
    assert cues([("", 0, 1), ("  ", 1, 2)]) == ()


def test_chinese_is_joined_without_spaces() -> None:
    (cue,) = cues(spoken("他|踏入|荒城，|霓虹|被|尘土|掩埋。"))
    assert cue.text == "他踏入荒城，霓虹被尘土掩埋。"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("他|用|New|York|的|地图", "他用New York的地图"),
        ("你好——|Hello|there", "你好——Hello there"),
        ("第|3|天，|GPS|坏|了", "第3天，GPS坏了"),
        ("Call|小明|now", "Call小明now"),
        ("3|000|steps", "3 000 steps"),
        ("the New York|map", "the New York map"),
    ],
)
def test_mixed_scripts_are_spaced_as_written(words: str, text: str) -> None:
    (cue,) = cues(spoken(words))
    assert cue.text == text


def test_two_lines_are_balanced() -> None:
    (cue,) = cues(english("A lone warrior steps into the ruined city at the end of the night.", 0.25))
    first, second = cue.text.split("\n")
    assert abs(columns(first) - columns(second)) <= 10


def test_a_line_breaks_rather_after_a_comma() -> None:
    (cue,) = cues(english("When the wind died, nobody on the deck said a word.", 0.25))
    assert cue.text == "When the wind died,\nnobody on the deck said a word."


def test_a_long_narration_is_divided_at_sentence_ends() -> None:
    text = (
        "The harbour was silent when she came home. Nobody had lit the lamps on the quay. "
        "She counted the boats, one after another, and found that his was missing."
    )
    shown = cues(english(text))
    assert [cue.text.replace("\n", " ") for cue in shown] == [
        "The harbour was silent when she came home.",
        "Nobody had lit the lamps on the quay.",
        "She counted the boats, one after another, and found that his was missing.",
    ]


def test_a_sentence_too_long_for_one_cue_is_divided_at_a_clause() -> None:
    words = (
        "当|最后|一|盏|灯|熄灭|的|时候，|整|座|城市|沉入|了|深深|的|海底，|"
        "只有|钟楼|的|尖顶|还|露|在|水面|之上，|像|一|根|指向|天空|的|手指。"
    )
    shown = cues(spoken(words, pace=0.35))
    assert len(shown) == 2
    assert shown[0].text[-1] == "，"
    assert "".join(cue.text for cue in shown).replace("\n", "") == words.replace("|", "")


def test_an_abbreviation_does_not_end_a_sentence() -> None:
    shown = cues(english("Long ago, in a village by the sea, old Mr. Chen kept a lamp that never went out."))
    assert not any(cue.text.endswith("Mr.") for cue in shown)


def test_stray_punctuation_is_attached_where_it_belongs() -> None:
    shown = cues(spoken("他|说|：|“|走|吧|。|”|然后|（|没有|人|）|动"))
    assert "".join(cue.text for cue in shown).replace("\n", "") == "他说：“走吧。”然后（没有人）动"
    for line in lines(shown):
        assert line[0] not in CLOSING
        assert line[-1] not in OPENING


def test_a_word_wider_than_a_line_is_cut_without_loss() -> None:
    shown = cues([("风" * 70 + "。", 0.0, 14.0), ("https://example.org/" + "a" * 90, 14.0, 18.0)])
    assert "".join(lines(shown)) == "风" * 70 + "。" + "https://example.org/" + "a" * 90
    assert all(columns(line) <= LINE_WIDTH for line in lines(shown))


def test_what_is_joined_stays_on_one_line_and_marks_take_no_room() -> None:
    assert columns("น้ำ") == 2
    assert columns("क्षि") == columns("कष") + 1
    family, thumb = "👩\u200d👩\u200d👧", "👍🏽"
    pieces = breakable(f"走{family}吧{thumb}")
    assert pieces == ["走", family, "吧", thumb]
    assert all(not unicodedata.category(line[0]).startswith("M") for line in lines(cues(spoken("กำลังน้ำที่นี่" * 12))))


def test_a_short_cue_is_held_for_a_second_where_there_is_room() -> None:
    (cue,) = cues([("好。", 0.0, 0.3)])
    assert cue.end - cue.start == pytest.approx(SHORTEST)


def test_a_cue_never_reaches_into_the_next() -> None:
    text = "Run! " + " ".join(["She opened the heavy door of the old house and called his name again."] * 2)
    shown = cues(english(text, 0.2))
    assert len(shown) >= 2
    assert all(a.end <= b.start for a, b in itertools.pairwise(shown))


def test_a_very_short_sentence_joins_its_neighbour() -> None:
    shown = cues(english("No. He would not leave her there.", 0.2))
    assert len(shown) == 1


def test_times_that_go_back_are_put_in_order() -> None:
    shown = cues([("one", 1.0, 2.0), ("two", 0.5, 0.7)])
    assert shown[0].start == 1.0
    assert shown[-1].end >= 2.0


def test_srt_is_numbered_and_timed() -> None:
    text = srt([Cue("Hello\nthere", 0.4, 2.0), Cue("再见。", 3661.0004, 3662.9996)])
    assert text == "1\n00:00:00,400 --> 00:00:02,000\nHello\nthere\n\n2\n01:01:01,000 --> 01:01:03,000\n再见。\n"
    assert srt([]) == ""


def test_vtt_escapes_markup() -> None:
    assert vtt([Cue("a < b & c", 0.0, 1.5)]) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\na &lt; b &amp; c\n"


_CHINESE = st.text("天地人山水风云雨雪花夜", min_size=1, max_size=6)
_LATIN = st.text("abcdefgABC", min_size=1, max_size=12)
_MARKS = st.sampled_from(["", "", "", "，", "。", "！", "？", "、", "”", "。”", ",", ".", "!", "…"])


@st.composite
def _spoken(draw: st.DrawFn) -> list[Word]:
    words: list[Word] = []
    clock = draw(st.floats(0, 2))
    for _ in range(draw(st.integers(0, 60))):
        text = draw(st.sampled_from(["", "", "", "“", "（"])) + draw(st.one_of(_CHINESE, _LATIN)) + draw(_MARKS)
        length = draw(st.floats(0.01, 1.2))
        words.append((text, clock, clock + length))
        clock += length + draw(st.sampled_from([0.0, 0.0, 0.3, 0.8]))
    return words


@given(_spoken())
def test_whatever_is_spoken_is_shown_once_in_order_and_readably(words: list[Word]) -> None:
    shown = cues(words)
    assert "".join("".join(cue.text.split()) for cue in shown) == "".join(word[0] for word in words)
    for line in lines(shown):
        assert line == line.strip()
        assert line
        assert columns(line) <= LINE_WIDTH
        assert line[0] not in CLOSING
        assert line[-1] not in OPENING
    for cue in shown:
        assert cue.text.count("\n") <= 1
        assert cue.start <= cue.end
    for before, after in itertools.pairwise(shown):
        assert before.start <= after.start
        assert before.end <= after.start + 0.0011


@given(st.lists(st.tuples(st.text(max_size=60), st.floats(0, 100), st.floats(0, 100)), max_size=20))
def test_any_text_at_all_is_kept_within_the_lines(words: list[Word]) -> None:
    shown = cues(words)
    assert "".join("".join(cue.text.split()) for cue in shown) == "".join("".join(word[0].split()) for word in words)
    assert all(columns(line) <= LINE_WIDTH for line in lines(shown))
    assert all(cue.text.count("\n") <= 1 for cue in shown)
