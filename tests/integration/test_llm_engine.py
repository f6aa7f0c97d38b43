"""The engine vllm against a strict server: what it asks, and what it gives out and when."""

import asyncio
import json
from pathlib import Path

import pytest

from services.core import codec
from services.core.errors import (
    Cancelled,
)
from services.core.model import Language, ShotDraft, Storyboard
from services.core.requests import RewriteRequest
from services.core.vocabulary import CameraMove, Framing, Mood, Transition
from services.model_service.engines.storyboard import pace
from tests.fixtures.engine_job import EngineJob
from tests.fixtures.llm_server import (
    Ask,
    hangs,
    llm_server,
    says,
    writes,
)
from tests.fixtures.llm_stories import ZH, TellingJob, Told, asking, board, make, text
from tests.fixtures.peer import Asked, provider
from tests.fixtures.remote_engines import LOOKING


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("size", [1, 3, 64, 100_000])
async def test_a_storyboard(language: Language, size: int) -> None:
    told = Told()
    async with llm_server(writes(size=size)) as server:
        meta = await make(await server.engine(), asking(language), told)
    made = board(meta)
    assert told.parts == [Storyboard(made.shots[:count], made.bible) for count in (1, 2, 3, 4)]
    assert made.bible
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[-1] == 1.0
    style = "动漫风格" if language is Language.ZH else "Anime style"
    for draft in made.shots:
        assert draft.description.startswith(style)
        assert draft.narration
        assert draft.seconds >= pace.seconds(draft.narration)
        assert draft.camera in [move.word(language) for move in CameraMove]
        assert draft.voice in [mood.word(language) for mood in Mood]
        assert draft.framing in list(Framing)
        assert draft.transition in list(Transition)
    assert len(server.asks) == meta["usage"]["calls"] == 1


async def test_a_storyboard_that_comes_as_one_piece_leaves_the_loop_to_others() -> None:
    told, turns, seen = Told(), 0, list[int]()

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    def part(board: Storyboard) -> None:
        told.part(board)
        seen.append(turns)

    going = asyncio.create_task(others())
    async with llm_server(writes(size=1_000_000)) as server:
        engine = await server.engine()
        await engine.write(asking(shots=24), report=told.report, on_part=part)
    going.cancel()
    assert told.counts[-1] == 24
    assert len(set(seen)) > 6


async def test_a_model_without_a_system_role_is_told_all_in_its_first_question() -> None:
    async with llm_server(writes(), takes_system=False) as server:
        engine = await server.engine()
        for seed in (7, 8):
            assert len(board(await make(engine, asking(shots=2, seed=seed))).shots) == 2
        assert server.refused == 1  # what was learned is known from then on
        for ask in server.asks:
            [question] = ask.body["messages"]
            assert question["role"] == "user"
            assert question["content"].startswith("你是")
            assert "⟦STORY⟧" in question["content"]


async def test_what_is_asked() -> None:
    async with llm_server(writes()) as server:
        engine = await server.engine(temperature=0.25, max_tokens=2048)
        await make(engine, asking(seed=41))
    (ask,) = server.asks
    assert (ask.body["model"], ask.body["temperature"]) == ("tester-1b", 0.25)
    assert ask.body["seed"] == 42
    assert ask.body["max_tokens"] <= 2048
    shots = ask.schema["properties"]["shots"]
    assert (shots["minItems"], shots["maxItems"]) == (4, 4)
    assert list(ask.schema["properties"]) == ["bible", "shots"]
    assert all(sentence in ask.story for sentence in ZH.split("。"))
    assert "动漫" in ask.system
    assert "恰好 4 个镜头" in ask.question


async def test_a_shot_is_told_while_the_next_ones_are_still_unwritten() -> None:
    told = Told()

    def half(ask: Ask) -> str:
        whole = text(ask)
        return whole[: whole.index("},", whole.index('"shots"')) + 40]

    async with llm_server(lambda ask, writer: hangs(half(ask))(ask, writer)) as server:
        engine = await server.engine()
        making = asyncio.ensure_future(make(engine, asking(), told))
        await asyncio.wait_for(told.first.wait(), 10)
        assert not making.done()
        assert told.counts == [1]
        assert told.parts[0].bible
        making.cancel()
        await asyncio.wait([making])
        assert making.cancelled()
        await asyncio.wait_for(server.provider.closed.wait(), 10)


async def test_the_same_request_gives_the_same_storyboard() -> None:
    async with llm_server(writes()) as server:
        engine = await server.engine()
        one, two = await make(engine, asking()), await make(engine, asking())
    assert one["storyboard"] == two["storyboard"]
    assert server.asks[0].body == server.asks[1].body


async def test_usage_is_counted() -> None:
    async with llm_server(writes(size=20)) as server:
        meta = await make(await server.engine(), asking())
    usage = meta["usage"]
    assert usage["prompt_tokens"] > 500
    assert usage["completion_tokens"] > 20
    assert usage["repairs"] == 0
    assert usage["seconds"] > 0
    assert "estimated" not in usage
    assert meta["model"] == "tester-1b"


async def test_usage_that_a_server_does_not_say_is_marked_as_an_estimate(tmp_path: Path) -> None:
    honest = LOOKING.honest()

    async def quiet(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(honest(asked)[1])

    async with provider(quiet) as found:
        engine = LOOKING.build(found.url, tmp_path)
        await asyncio.to_thread(engine.load)
        output = await asyncio.to_thread(engine.run, LOOKING.request, EngineJob(tmp_path))
    usage = output.meta["usage"]
    assert usage["estimated"] is True
    assert usage["prompt_tokens"] > 500


async def test_the_identity_names_model_prompts_and_sampling_and_no_secret() -> None:
    async with llm_server(writes()) as server:
        one, two = await server.engine(), await server.engine(temperature=0.1)
    assert one.identity.name == "vllm"
    assert "tester-1b" in one.identity.revision
    assert one.identity.revision != two.identity.revision
    assert "sk-local" not in repr(one.identity)
    assert "127.0.0.1" not in repr(one.identity)


async def test_a_number_of_its_own_where_none_is_asked() -> None:
    async with llm_server(writes()) as server:
        meta = await make(await server.engine(), asking(shots=None))
    assert len(board(meta).shots) == 5


async def test_a_shot_is_rewritten() -> None:
    draft = ShotDraft(title="旧", description="旧的画面", narration="旧的旁白。", camera="固定机位", seconds=4.0)
    request = RewriteRequest(
        text=ZH, style="ink", language=Language.ZH, sequence=2, total=4, draft=draft, instruction="换成雨夜", seed=3
    )
    async with llm_server(writes()) as server:
        meta = await make(await server.engine(), request)
    new = codec.draft_from_json(meta["draft"])
    assert new.description.startswith("水墨风格")
    assert new.narration
    (ask,) = server.asks
    assert "⟦WISH⟧换成雨夜⟦/WISH⟧" in ask.question
    assert "旧的画面" in ask.question
    assert "shots" not in ask.schema["properties"]


async def test_through_a_job_in_a_thread(tmp_path: Path) -> None:
    job = TellingJob(tmp_path / "job")
    async with llm_server(writes()) as server:
        engine = await server.engine()
        output = await asyncio.to_thread(engine.run, asking(), job)
    assert len(output.meta["storyboard"]["shots"]) == 4
    assert job.fractions[-1] == 1.0
    assert [len(board.shots) for board in job.parts] == [1, 2, 3, 4]


async def test_a_cancelled_job_leaves_the_server_at_once(tmp_path: Path) -> None:
    job = TellingJob(tmp_path / "job", cancel_after=30)
    async with llm_server(hangs('{"bible": [')) as server:
        engine = await server.engine(timeout=60.0)
        with pytest.raises(Cancelled):
            await asyncio.to_thread(engine.run, asking(), job)
        await asyncio.wait_for(server.provider.closed.wait(), 10)


async def test_a_server_without_schemas_is_told_the_form_in_words() -> None:
    replies = says(lambda _ask: json.dumps({"bible": [], "shots": [GOOD_ZH] * 2}, ensure_ascii=False))
    async with llm_server(replies, strict_schema=False) as server:
        meta = await make(await server.engine(structured="prompt"), asking(shots=2))
    assert len(board(meta).shots) == 2
    assert '"minItems":2' in server.asks[0].system
    assert "response_format" not in server.asks[0].body


GOOD_ZH = {"title": "灯", "narration": "灯亮了。", "description": "玛拉举灯", "prompt": "old woman, lantern"}
