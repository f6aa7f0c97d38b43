"""Stories that do not fit the model's window: read chapter by chapter, with one bible, and nothing left out in silence."""

import json
import re

import pytest

from services.core.errors import EngineFailed
from services.core.model import Language, ShotDraft
from services.core.requests import RewriteRequest, StoryboardRequest
from tests.fixtures.llm_server import Ask, fabricated, fails, llm_server, prompt_tokens, says, writes
from tests.fixtures.llm_stories import Told, board, make

WINDOW = 4096


def long_story(chapters: int, sentences: int, language: Language = Language.ZH) -> str:
    """Every sentence has a number of its own."""
    lines = []
    for chapter in range(chapters):
        zh = language is Language.ZH
        lines.append(f"第{chapter + 1}章 海上的灯" if zh else f"Chapter {chapter + 1}")
        told = (
            f"编号{chapter:03d}{n:03d}的夜里，老玛拉提着铜灯走上灯塔，看见一条小船。" if zh
            else f"On night {chapter:03d}{n:03d} old Mara carried her brass lantern up the lighthouse and saw a small boat."
            for n in range(sentences)
        )  # fmt: skip
        lines.append(("" if zh else " ").join(told))
    return "\n".join(lines)


def numbers(text: str) -> set[str]:
    return set(re.findall(r"\d{6}", text))


def asking(text: str, shots: int | None, language: Language = Language.ZH) -> StoryboardRequest:
    return StoryboardRequest(text=text, title="灯塔", style="watercolor", language=language, shots=shots, seed=5)


@pytest.mark.parametrize("language", list(Language))
async def test_every_sentence_is_read_and_the_bible_is_made_once(language: Language) -> None:
    text = long_story(6, 30, language)
    told = Told()
    async with llm_server(writes(size=50), window=WINDOW, enforce_window=True) as server:
        meta = await make(await server.engine(), asking(text, 24, language), told)
    assert len(board(meta).shots) == 24
    assert told.counts == list(range(1, 25))
    assert told.parts[0].bible == board(meta).bible
    assert told.fractions == sorted(told.fractions)
    summaries = [ask for ask in server.asks if ask.wants("summary")]
    bibles = [ask for ask in server.asks if list(ask.schema["properties"]) == ["bible"]]
    parts = [ask for ask in server.asks if list(ask.schema["properties"]) == ["shots"]]
    assert len(server.asks) == len(summaries) + len(bibles) + len(parts) == meta["usage"]["calls"]
    assert len(bibles) == 1
    assert set.union(*(numbers(ask.story) for ask in summaries)) == numbers(text)
    assert set.union(*(numbers(ask.story) for ask in parts)) == numbers(text)
    assert sum(ask.schema["properties"]["shots"]["minItems"] for ask in parts) == 24
    for ask in parts:
        assert all(entry.name in ask.prompt for entry in board(meta).bible)
        assert ("水彩" if language is Language.ZH else "watercolour") in ask.system
    assert meta["summarised"]["used_for"] == ["bible"]
    assert meta["summarised"]["chapters"] == len(summaries)
    assert meta["usage"]["repairs"] == 0


async def test_chapters_are_cut_where_chapters_begin() -> None:
    async with llm_server(writes(size=50), window=WINDOW) as server:
        await make(await server.engine(), asking(long_story(8, 14), 16))
    summaries = [ask.story for ask in server.asks if ask.wants("summary")]
    assert all(re.match(r"# 第\d+章", story) for story in summaries)


async def test_each_part_knows_what_was_told_before_it() -> None:
    async with llm_server(writes(size=50), window=WINDOW) as server:
        meta = await make(await server.engine(), asking(long_story(6, 30), 24))
    parts = [ask for ask in server.asks if list(ask.schema["properties"]) == ["shots"]]
    before = [re.search(r"⟦BEFORE⟧\n(.*)\n⟦/BEFORE⟧", ask.question, re.DOTALL) for ask in parts]
    assert before[0]
    assert before[0][1] == "（还没有）"
    at = 0
    for ask, found in zip(parts, before, strict=True):
        assert found
        assert at == 0 or board(meta).shots[at - 1].narration in found[1]
        assert f"第 {at + 1} 到" in ask.question
        at += ask.schema["properties"]["shots"]["minItems"]


async def test_more_chapters_than_shots_are_told_from_their_summaries_and_that_is_said() -> None:
    async with llm_server(writes(size=50), window=WINDOW, enforce_window=True) as server:
        meta = await make(await server.engine(parallel=2), asking(long_story(12, 60), 3))
    assert len(board(meta).shots) == 3
    assert meta["summarised"]["used_for"] == ["bible", "shot 1", "shot 2", "shot 3"]
    parts = [ask for ask in server.asks if list(ask.schema["properties"]) == ["shots"]]
    assert all("经过概括" in ask.question for ask in parts)
    summarised = set.union(*(numbers(ask.story) for ask in server.asks if ask.wants("summary")))
    assert summarised == numbers(long_story(12, 60))


async def test_many_shots_of_a_short_story_take_several_questions_and_no_summary() -> None:
    async with llm_server(writes(size=200), window=WINDOW) as server:
        meta = await make(await server.engine(), asking("黄昏，老玛拉登上灯塔。船漂向礁石。", 40))
    assert len(board(meta).shots) == 40
    assert "summarised" not in meta
    assert not [ask for ask in server.asks if ask.wants("summary")]


async def test_a_window_that_is_smaller_than_was_said_is_learnt_from_the_error() -> None:
    told = Told()
    async with llm_server(writes(size=50), window=3000, enforce_window=True) as server:
        meta = await make(await server.engine(context=20_000), asking(long_story(4, 30), 12), told)
    assert len(board(meta).shots) == 12
    assert told.parts[-1] == board(meta)
    answered = [ask for ask in server.asks if prompt_tokens(ask) + ask.body["max_tokens"] <= 3000]
    assert set.union(*(numbers(ask.story) for ask in answered)) == numbers(long_story(4, 30))


async def test_an_estimate_that_is_too_low_is_corrected() -> None:
    message = "the request exceeds the available context size. try increasing the context size"
    async with llm_server(fails(400, message), fails(400, message), writes(size=50)) as server:
        meta = await make(await server.engine(), asking(long_story(3, 20), 6))
    assert len(board(meta).shots) == 6


async def test_a_model_that_holds_too_little_is_said() -> None:
    async with llm_server(fails(400, "This model's maximum context length is 1024 tokens.")) as server:
        with pytest.raises(EngineFailed) as caught:
            await make(await server.engine(), asking(long_story(2, 20), 5))
    assert caught.value.reason == "LLM_CONTEXT_TOO_SMALL"
    assert "STORYREEL_LLM_CONTEXT" in str(caught.value)


async def test_a_summary_that_cannot_be_read_is_repaired_and_a_failure_ends_all() -> None:
    def bad_summaries(ask: Ask) -> str:
        return '{"summary": ""}' if ask.wants("summary") else json.dumps(fabricated(ask))

    async with llm_server(says(bad_summaries, size=500), window=WINDOW) as server:
        with pytest.raises(EngineFailed, match="summary is empty"):
            await make(await server.engine(), asking(long_story(6, 40), 12))


async def test_a_server_that_reads_only_part_of_a_prompt_is_noted() -> None:
    """Ollama, where its context is too small, leaves the beginning out without a word."""

    async with llm_server(says(lambda ask: json.dumps(fabricated(ask)), read=0.1)) as server:
        meta = await make(await server.engine(), asking(long_story(1, 8), 4))
    assert any("larger context" in note for note in meta["changed"])


async def test_a_rewrite_reads_the_part_where_its_shot_stands() -> None:
    text = long_story(10, 40)
    draft = ShotDraft(title="灯", description="玛拉举灯", narration="灯亮了。")
    request = RewriteRequest(text=text, style="ink", language=Language.ZH, sequence=9, total=10, draft=draft)
    async with llm_server(writes(), window=WINDOW, enforce_window=True) as server:
        meta = await make(await server.engine(), request)
    (ask,) = server.asks
    assert {number[:3] for number in numbers(ask.story)} <= {"007", "008", "009"}
    assert any("of the story" in note for note in meta["changed"])
