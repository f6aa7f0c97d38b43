"""The engine vllm and a model or a server that answers badly: what is mended once, and what fails with which reason."""

import asyncio
import json
from typing import Any

import pytest

from services.core.errors import (
    ContentViolation,
    DeadlineExceeded,
    EngineFailed,
    InvalidArgument,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Language
from services.model_service.engines.storyboard.llm.engine import LlmStoryboards, Vllm
from tests.fixtures.llm_server import (
    Ask,
    Reply,
    breaks_off,
    fabricated,
    fails,
    hangs,
    llm_server,
    refuses,
    says,
    writes,
)
from tests.fixtures.llm_stories import Told, asking, board, make, shots_in, text

# -- what goes wrong, and is mended ---------------------------------------------------------------------------------------------

MENDED = {
    "invalid JSON": says('{"bible": [}, "shots": nope'),
    "no JSON": says("Here are some ideas for your film!"),
    "an empty answer": says(""),
    "a wrong type": says('{"bible": [], "shots": [{"narration": 5}]}'),
    "a list of strings": says('{"bible": [], "shots": ["one", "two"]}'),
    "too few": says(shots_in(2)),
    "too many": says(shots_in(9)),
    "cut off in the first shot": says('{"bible": [], "shots": [{"title": "灯', finish="length"),
    "another object": says('{"error": "no"}'),
    "broken off": breaks_off('{"bible": [], "shots": [{"title": "灯'),
}


@pytest.mark.parametrize("bad", MENDED.values(), ids=MENDED)
async def test_a_bad_answer_is_repaired_once(bad: Reply) -> None:
    told = Told()
    async with llm_server(bad, writes()) as server:
        meta = await make(await server.engine(), asking(), told)
    assert len(board(meta).shots) == 4
    assert told.parts[-1].shots == board(meta).shots
    assert (meta["usage"]["calls"], meta["usage"]["repairs"]) == (2, 1)
    first, second = server.asks
    assert second.body["messages"][:2] == first.body["messages"]
    assert [message["role"] for message in second.body["messages"][2:]] == ["assistant", "user"]
    assert "不能用" in second.question


@pytest.mark.parametrize("cut", [says, breaks_off])
async def test_shots_before_a_break_are_kept_and_only_the_rest_is_asked_for(cut: Any) -> None:
    def torn(ask: Ask) -> str:
        value = fabricated(ask)
        return json.dumps(value, ensure_ascii=False)[: -len(json.dumps(value["shots"][3], ensure_ascii=False)) + 9]

    told = Told()
    async with llm_server(cut(torn), writes()) as server:
        meta = await make(await server.engine(), asking(), told)
    assert told.counts == [1, 2, 3, 4]
    assert len(board(meta).shots) == 4
    assert board(meta).bible
    second = server.asks[1]
    assert second.schema["properties"]["shots"]["maxItems"] == 1
    assert "第 4 到第 4 个镜头" in second.question
    assert "第3天" in second.body["messages"][2]["content"]


@pytest.mark.parametrize("count", [1, 3, 5, 7, 30])
async def test_a_model_that_cannot_count_is_counted_for(count: int) -> None:
    told = Told()
    async with llm_server(says(shots_in(count))) as server:
        meta = await make(await server.engine(), asking(), told)
    made = board(meta)
    assert len(made.shots) == 4
    assert told.parts[-1].shots == made.shots
    assert any(note.startswith("shots: ") for note in meta["changed"])
    assert len(server.asks) == 2


async def test_a_model_that_writes_without_end_is_stopped() -> None:
    async with llm_server(says(shots_in(500), size=2000)) as server:
        meta = await make(await server.engine(), asking())
    assert len(board(meta).shots) == 4


async def test_an_object_followed_by_endless_space_is_an_answer() -> None:
    async with llm_server(says(lambda ask: text(ask) + " " * 100_000)) as server:
        meta = await make(await server.engine(), asking())
    assert len(board(meta).shots) == 4
    assert len(server.asks) == 1


# -- what goes wrong, and fails with a reason -----------------------------------------------------------------------------------

UNUSABLE = {
    "invalid JSON": (says("{]"), "["),
    "no JSON": (says("Certainly! Once upon a time"), "JSON"),
    "cut off": (says('{"bible": [', finish="length"), "cut off"),
    "no shots": (says('{"bible": [], "shots": []}'), "0 shots"),
}


@pytest.mark.parametrize(("bad", "said"), UNUSABLE.values(), ids=UNUSABLE)
async def test_an_answer_that_stays_bad_fails_with_the_reason(bad: Reply, said: str) -> None:
    async with llm_server(bad) as server:
        with pytest.raises(EngineFailed) as caught:
            await make(await server.engine(), asking())
    assert caught.value.reason == "LLM_UNUSABLE"
    assert len(server.asks) == 2
    assert "tester-1b" in str(caught.value)
    if said != "0 shots":
        assert said in str(caught.value)
    assert "tester-1b" in caught.value.message(Language.ZH)


REFUSALS = {
    "as the protocol has it": refuses("I can't help with that."),
    "in words": says("I'm sorry, but I can't help with this story."),
    "in Chinese": says("抱歉，我无法创作这个故事。"),
    "by a filter": says("", finish="content_filter"),
    "by a filter before": fails(400, "The response was filtered due to the content management policy (content_filter)"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_is_a_violation_and_not_asked_again(refusal: Reply) -> None:
    async with llm_server(refusal) as server:
        with pytest.raises(ContentViolation):
            await make(await server.engine(), asking())
    assert len(server.asks) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "reason", "calls"),
    [
        (fails(500, "CUDA out of memory"), Unavailable, "PEER_ERROR", 2),
        (fails(429, "slow down", retry_after="90"), ResourceExhausted, "PEER_BUSY", 1),
        (fails(404, "The model does not exist"), EngineFailed, "PEER_REFUSED", 1),
        (fails(400, "Invalid schema for response_format"), EngineFailed, "PEER_REFUSED", 1),
        (hangs(), DeadlineExceeded, "PEER_TIMEOUT", 1),
    ],
)
async def test_a_server_that_fails(reply: Reply, kind: type[StoryreelError], reason: str, calls: int) -> None:
    async with llm_server(reply) as server:
        with pytest.raises(kind) as caught:
            await make(await server.engine(timeout=0.5), asking())
    assert caught.value.reason == reason
    assert len(server.asks) == calls
    assert "sk-local" not in str(caught.value)


async def test_a_busy_server_is_asked_again_after_the_time_that_it_names() -> None:
    async with llm_server(fails(429, "slow down", retry_after="0.2"), writes()) as server:
        loop = asyncio.get_running_loop()
        started = loop.time()
        meta = await make(await server.engine(), asking())
    assert loop.time() - started >= 0.2
    assert len(board(meta).shots) == 4


async def test_a_wrong_key_is_said_at_once_without_the_key() -> None:
    async with llm_server(writes()) as server:
        with pytest.raises(EngineFailed) as caught:
            await server.engine(api_key="sk-wrong")
    assert caught.value.reason == "PEER_UNAUTHORIZED"
    assert "sk-wrong" not in str(caught.value)


async def test_an_absent_server_is_worth_waiting_for() -> None:
    async with llm_server(writes()) as server:
        settings = server.settings(attempts=1)
    engine = LlmStoryboards("vllm", Vllm.chat(settings), settings)
    with pytest.raises(Unavailable):
        await asyncio.to_thread(engine.load)


def test_no_address_is_said_with_the_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STORYREEL_LLM_BASE_URL", raising=False)
    with pytest.raises(EngineFailed, match="STORYREEL_LLM_BASE_URL"):
        Vllm.create(None).load()


async def test_a_story_without_words_is_not_sent() -> None:
    async with llm_server(writes()) as server:
        with pytest.raises(InvalidArgument):
            await make(await server.engine(), asking(text="🙂🙂 —— https://example.com/"))
    assert not server.asks
