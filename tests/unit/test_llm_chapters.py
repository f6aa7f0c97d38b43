"""A long story in pieces: every word in one of them, each within its room, cut where the story turns."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.core.model import Language
from services.model_service.engines.storyboard import segmentation
from services.model_service.engines.storyboard.llm import chapters
from services.model_service.engines.storyboard.llm.chapters import Unit
from services.model_service.engines.storyboard.llm.chat import Message, PromptTooLong
from services.model_service.engines.storyboard.llm.tokens import Budget, estimate

_story = st.lists(
    st.sampled_from(
        [
            "风起了。",
            "她点亮灯，走下楼，",
            "\n",
            "\n第二章 海上\n",
            "“往这边！”她喊。",
            "a lamp. ",
            "没有句号的" * 9,
            "Mr. Fox ran on",
        ]
    ),
    min_size=1,
    max_size=30,
).map("".join)


def _letters(texts: Sequence[str]) -> str:
    return "".join(c for text in texts for c in text if c.isalnum())


@given(_story, st.integers(20, 200), st.integers(1, 5))
def test_nothing_is_lost_and_every_piece_fits(text: str, room: int, at_least: int) -> None:
    story = segmentation.plain(text)
    units = chapters.units(story, Language.ZH, tokens=estimate, room=room)
    assert _letters([unit.text for unit in units]) == _letters([story])
    assert all(estimate(unit.text) <= room for unit in units)
    if not units:
        return
    runs = chapters.chapters(units, tokens=estimate, room=room, at_least=at_least)
    assert [unit for run in runs for unit in run] == units
    assert all(sum(estimate(unit.text) + 1 for unit in run) <= room or len(run) == 1 for run in runs)
    assert _letters([chapters.written(run, Language.ZH) for run in runs]) == _letters([story])


def test_a_cut_is_rather_at_a_chapter_than_at_a_paragraph() -> None:
    units = [Unit("字" * 20, 1)] * 3 + [Unit("字" * 20, 2)] + [Unit("第二章", 3)] + [Unit("字" * 20, 1)] * 4
    runs = chapters.chapters(units, tokens=estimate, room=130)
    assert [run[0].rank for run in runs] == [1, 3]


def test_headings_are_marked_and_not_narrated() -> None:
    story = segmentation.plain("The Last Light\nMara ran. She waved.\n# Part two\nDawn came.")
    units = chapters.units(story, Language.EN, tokens=estimate, room=100)
    assert [unit.text for unit in units if unit.heading] == ["The Last Light", "Part two"]
    assert chapters.written(units, Language.EN) == "# The Last Light\nMara ran. She waved.\n# Part two\nDawn came."
    beats = chapters.beats(units, 3, Language.EN)
    assert [chapters.narrated(beat) for beat in beats] == ["Mara ran.", "She waved.", "Dawn came."]


def test_a_sentence_without_end_is_cut_anywhere() -> None:
    units = chapters.units("字" * 5000, Language.ZH, tokens=estimate, room=300)
    assert "".join(unit.text for unit in units) == "字" * 5000
    assert all(estimate(unit.text) <= 300 for unit in units)


@given(_story, st.integers(1, 12))
def test_beats_are_the_whole_story_in_order(text: str, count: int) -> None:
    story = segmentation.plain(text)
    units = chapters.units(story, Language.ZH, tokens=estimate, room=10_000)
    beats = chapters.beats(units, count, Language.ZH)
    assert len(beats) in (0, count)
    if beats:
        assert _letters(beats) == _letters([story])
        assert all(_letters([beat]) for beat in beats)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=20), st.integers(0, 60))
def test_shots_are_shared_out_whole(weights: list[float], spare: int) -> None:
    shares = chapters.shared(weights, len(weights) + spare)
    assert sum(shares) == len(weights) + spare
    assert min(shares) >= 1
    heaviest, lightest = weights.index(max(weights)), weights.index(min(weights))
    assert shares[heaviest] >= shares[lightest]


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=40), st.integers(1, 12))
def test_gathered_spans_are_all_in_order(weights: list[float], count: int) -> None:
    spans = chapters.gathered(weights, count)
    assert len(spans) == min(count, len(weights))
    assert [i for a, b in spans for i in range(a, b)] == list(range(len(weights)))


def test_a_longer_story_wants_more_shots() -> None:
    counts = [chapters.fitting("风起了，浪拍着礁石。" * n) for n in (1, 10, 40, 200, 5000, 50_000)]
    assert counts == sorted(counts)
    assert counts[0] == 5
    assert counts[-1] <= 47


def test_a_budget_shrinks_by_what_the_server_says() -> None:
    budget = Budget(8192, 4096)
    assert budget.narrower(PromptTooLong("x", window=4096)).window == 4096
    assert budget.narrower(PromptTooLong("x", window=8192, tokens=12288)).scale == 1.5
    assert budget.narrower(PromptTooLong("x")).scale > 1.0


def test_an_answer_never_asks_for_more_than_the_window_leaves() -> None:
    budget = Budget(4096, 4096)
    messages = [Message("user", "字" * 3000)]
    assert budget.answer(messages) <= 4096 - 3000
    assert budget.answer([Message("user", "字" * 9000)]) > 0
