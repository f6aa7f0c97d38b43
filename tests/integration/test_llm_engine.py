"""The engine vllm against a strict server: what it asks, what it gives out and when, and what it does with bad answers."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from services.core import codec
from services.core.errors import (
    Cancelled,
    ContentViolation,
    DeadlineExceeded,
    EngineFailed,
    InvalidArgument,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Language, ShotDraft, Storyboard
from services.core.requests import RewriteRequest, StoryboardRequest
from services.core.vocabulary import CameraMove, Framing, Mood, Transition
from services.model_service.engines.storyboard import pace
from services.model_service.engines.storyboard.llm.engine import LlmStoryboards, Vllm
from tests.fixtures.engine_job import EngineJob
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

ZH = "黄昏，老玛拉提着铜灯登上灯塔。夜里暴风雨来了，大灯熄灭了。小渔船正漂向礁石。玛拉跑上露台，高高举起灯。天亮时，海面平静了。"
EN = (
    "At dusk, old Mara climbed the lighthouse with a lantern. By night the storm broke and the great lamp died. A small boat was "
    "drifting towards the rocks. Mara ran out and lifted her lantern high. At dawn the sea lay calm."
)


def asking(language: Language = Language.ZH, **changes: Any) -> StoryboardRequest:
    values = {"text": ZH if language is Language.ZH else EN, "title": "灯塔", "style": "anime", "shots": 4, "seed": 7}
    return StoryboardRequest(**({**values, **changes}), language=language)


class Told:
    """What the engine said while it worked."""

    def __init__(self) -> None:
        self.parts: list[Storyboard] = []
        self.fractions: list[float] = []
        self.first = asyncio.Event()

    def part(self, board: Storyboard) -> None:
        self.parts.append(board)
        self.first.set()

    @property
    def counts(self) -> list[int]:
        """Shots of each part that was told."""
        return [len(board.shots) for board in self.parts]

    def report(self, fraction: float, _stage: str) -> None:
        self.fractions.append(fraction)


class TellingJob(EngineJob):
    """Keeps the parts that it was told of."""

    def __init__(self, folder: Path, cancel_after: int | None = None) -> None:
        super().__init__(folder, cancel_after=cancel_after)
        self.parts: list[Storyboard] = []

    def storyboard(self, part: Storyboard) -> None:
        self.parts.append(part)


async def make(engine: LlmStoryboards, request: StoryboardRequest | RewriteRequest, told: Told | None = None) -> dict[str, Any]:
    told = told or Told()
    output = await engine.write(request, report=told.report, on_part=told.part)
    assert json.loads(json.dumps(output.meta, allow_nan=False)) == output.meta
    return dict(output.meta)


def board(meta: dict[str, Any]) -> Storyboard:
    return codec.storyboard_from_json(meta["storyboard"])


def text(ask: Ask) -> str:
    return json.dumps(fabricated(ask), ensure_ascii=False)


def shots_in(count: int) -> Any:
    """The text of an answer with another number of shots than was asked for."""

    def write(ask: Ask) -> str:
        value = fabricated(ask)
        value["shots"] = (value["shots"] * count)[:count]
        return json.dumps(value, ensure_ascii=False)

    return write


# -- what goes well ------------------------------------------------------------------------------------------------------------


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
    assert meta["model"] == "tester-1b"


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
