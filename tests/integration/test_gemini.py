"""Keyframes by Gemini through Google's SDK, against a strict server: refusals, quotas, doubts, and a hostile provider."""

import asyncio
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from services.core.errors import ContentViolation, DeadlineExceeded, EngineFailed, ResourceExhausted, StoryreelError, Unavailable
from services.core.model import Digest, Language
from services.core.requests import KeyframeRequest
from services.model_service.engine import Output
from services.model_service.engines.remote.gemini.images import Gemini
from services.model_service.engines.remote.gemini.settings import GeminiSettings, Safety
from tests.fixtures import gemini_server as server
from tests.fixtures.engine_job import EngineJob
from tests.fixtures.gemini_server import content, error, gemini, picture, png, retry_info
from tests.fixtures.hostile import silent
from tests.fixtures.peer import answer, provider

GOOD = content(picture(png(256, 144)))
REFERENCE = Digest("ab" * 32)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.model_service.engines.remote.backoff._FIRST", 0.001)


def keyframe(**changes: Any) -> KeyframeRequest:
    asked: dict[str, Any] = {"prompt": "一座灯塔", "style": "ink", "language": Language.ZH, "width": 320, "height": 184, "seed": 7}
    return KeyframeRequest(**(asked | changes))


def engine(url: str, **changes: Any) -> Gemini:
    given: dict[str, Any] = {"api_key": SecretStr(server.KEY), "base_url": url, "timeout_seconds": 5.0}
    found = Gemini(GeminiSettings(**(given | changes)))
    found.load()
    return found


async def painted(found: server.Gemini, job: EngineJob, request: KeyframeRequest, **changes: Any) -> Output:
    return await asyncio.to_thread(engine(found.url, **changes).run, request, job)


async def test_a_keyframe(tmp_path: Path) -> None:
    async with gemini(GOOD) as found:
        output = await painted(found, EngineJob(tmp_path), keyframe(negative_prompt="文字", steps=12))
    [body] = found.understood
    [part] = body["contents"][0]["parts"]
    assert part["text"].startswith("一座灯塔")
    assert part["text"].endswith("Avoid: 文字.")
    assert body["generationConfig"] == {"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "16:9"}, "seed": 7}
    with Image.open(output.files["image"].path) as image:
        assert (image.size, image.format) == ((320, 184), "PNG")
    meta = dict(output.meta)
    assert (meta["model"], meta["model_version"], meta["provider_id"]) == (server.MODEL, server.MODEL, "resp-1")
    assert meta["usage"]["total_token_count"] == 1302
    assert any("steps and guidance" in said for said in meta["changed"])
    assert any("fitted to 320×184" in said for said in meta["changed"])


async def test_what_is_set_is_sent(tmp_path: Path) -> None:
    changes = {"image_size": "2K", "safety": Safety.HIGH, "send_seed": False}
    async with gemini(GOOD) as found:
        output = await painted(found, EngineJob(tmp_path), keyframe(width=720, height=1280), **changes)
    [body] = found.understood
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "9:16", "imageSize": "2K"}
    assert "seed" not in body["generationConfig"]
    assert {setting["threshold"] for setting in body["safetySettings"]} == {"BLOCK_ONLY_HIGH"}
    assert len(body["safetySettings"]) == 4
    assert any(said.startswith("seed") for said in output.meta["changed"])


async def test_references_go_along(tmp_path: Path) -> None:
    large = tmp_path / "large"
    Image.effect_noise((1500, 1000), 90).convert("RGB").save(large, format="PNG")
    job = EngineJob(tmp_path / "job", {REFERENCE: large})
    async with gemini(GOOD) as found:
        await painted(found, job, keyframe(references=(REFERENCE, REFERENCE)))
    first, second, words = found.understood[0]["contents"][0]["parts"]
    assert first == second
    with Image.open(io.BytesIO(server.decoded(first["inlineData"]["data"]))) as image:
        assert max(image.size) == 1024
    assert "keep their looks" in words["text"]


async def test_thoughts_are_not_taken_for_the_picture(tmp_path: Path) -> None:
    sketch, final = png(64, 64, (250, 0, 0)), png(64, 64, (0, 0, 250))
    parts = (picture(sketch, thought=True), {"text": "I think …", "thought": True}, picture(final), {"text": "Here it is."})
    async with gemini(content(*parts)) as found:
        output = await painted(found, EngineJob(tmp_path), keyframe())
    with Image.open(output.files["image"].path) as image:
        assert image.getpixel((5, 5)) == (0, 0, 250)


@pytest.mark.parametrize(
    "refusal",
    [
        server.blocked("SAFETY"),
        server.blocked("PROHIBITED_CONTENT"),
        server.blocked("OTHER"),
        content(reason="IMAGE_SAFETY", finishMessage="Unable to show the generated image."),
        content(reason="PROHIBITED_CONTENT"),
        content({"text": "I cannot draw that."}, reason="IMAGE_PROHIBITED_CONTENT"),
        content(reason="RECITATION"),
    ],
)
async def test_refusals_are_violations(refusal: bytes, tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    async with gemini(refusal) as found:
        with pytest.raises(ContentViolation):
            await painted(found, job, keyframe())
    assert len(found.understood) == 1
    assert job.notes.written[-1]["gemini"]["state"] == "over"


@pytest.mark.parametrize(
    "nothing",
    [
        content({"text": "Here is a design proposal."}),
        content(reason="NO_IMAGE"),
        content(reason="A_REASON_OF_TOMORROW"),
        answer(200, '{"candidates": [], "responseId": "r"}'),
        answer(200, "{}"),
    ],
)
@pytest.mark.filterwarnings("ignore:.*is not a valid:UserWarning")  # the SDK says so of a reason that it does not know
async def test_no_picture_may_be_asked_for_again(nothing: bytes, tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    async with gemini(nothing, GOOD) as found:
        with pytest.raises(Unavailable) as caught:
            await painted(found, job, keyframe())
        assert caught.value.reason == "PEER_JOB_FAILED"
        await painted(found, job, keyframe())
    assert len(found.understood) == 2


async def test_the_wait_of_a_quota_is_honoured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("services.model_service.engines.remote.peer.asyncio.sleep", sleep)
    quota = error(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", [retry_info("0.5s")])
    busy = error(503, "UNAVAILABLE", "The model is overloaded.", [retry_info("2s")])
    async with gemini(quota, busy, GOOD) as found:
        await painted(found, EngineJob(tmp_path), keyframe())
    assert waits == [0.5, 2.0]


@pytest.mark.parametrize(
    "long",
    [
        error(429, "RESOURCE_EXHAUSTED", "quota", [retry_info("3600s")]),
        error(429, "RESOURCE_EXHAUSTED", "quota", [retry_info("soon"), {"x": 1}], retry_after="3600"),
    ],
)
async def test_a_long_quota_is_the_callers_business(long: bytes, tmp_path: Path) -> None:
    async with gemini(long) as found:
        with pytest.raises(ResourceExhausted, match="quota") as caught:
            await painted(found, EngineJob(tmp_path), keyframe())
    assert caught.value.retry_after == 3600
    assert len(found.understood) == 1


async def test_a_wrong_key(tmp_path: Path) -> None:
    async with gemini(GOOD) as found:
        with pytest.raises(EngineFailed) as caught:
            await painted(found, EngineJob(tmp_path), keyframe(), api_key=SecretStr("AIza-wrong"))
    assert caught.value.reason == "PEER_UNAUTHORIZED"
    assert "AIza-wrong" not in str(caught.value)


async def test_an_unknown_model(tmp_path: Path) -> None:
    async with gemini(GOOD) as found:
        with pytest.raises(EngineFailed) as caught:
            await painted(found, EngineJob(tmp_path), keyframe(), model="gemini-1.0-paint")
    assert caught.value.reason == "PEER_REFUSED"


@pytest.mark.parametrize("lost", [answer(200, "<html>hello</html>", "text/html"), answer(502, "{}"), answer(504, "")])
async def test_an_answer_that_somebody_else_gives_is_in_doubt(lost: bytes, tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    async with gemini(lost) as found:
        for _ in range(2):
            with pytest.raises(EngineFailed) as caught:
                await painted(found, job, keyframe())
            assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert len(found.understood) == 1


@pytest.mark.parametrize(
    "odd",
    [
        answer(200, "[1, 2]"),
        answer(200, '"text"'),
        answer(200, '{"candidates": 5}'),
        answer(200, '{"candidates": [{"content": {"parts": [{"inlineData": {"mimeType": "image/png", "data": "!!"}}]}}]}'),
        answer(200, json.dumps({"candidates": [{"content": {"parts": "x"}}]})),
    ],
)
async def test_json_of_another_form(odd: bytes, tmp_path: Path) -> None:
    job = EngineJob(tmp_path)
    async with gemini(odd) as found:
        with pytest.raises(StoryreelError) as caught:
            await painted(found, job, keyframe())
    assert caught.value.reason in ("PEER_UNEXPECTED", "PEER_UNREADABLE", "PEER_JOB_FAILED")
    assert job.notes.written[-1]["gemini"]["state"] == "over"


async def test_a_picture_that_is_none(tmp_path: Path) -> None:
    async with gemini(content(picture(b"no picture"))) as found:
        with pytest.raises(Unavailable) as caught:
            await painted(found, EngineJob(tmp_path), keyframe())
    assert caught.value.reason == "PEER_UNREADABLE"


async def test_a_server_error_is_not_asked_again_by_the_sdk(tmp_path: Path) -> None:
    async with gemini(error(500, "INTERNAL", "An internal error has occurred.")) as found:
        with pytest.raises(EngineFailed) as caught:
            await painted(found, EngineJob(tmp_path), keyframe())
    assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert len(found.understood) == 1


async def test_nobody_there(tmp_path: Path) -> None:
    async with provider(silent) as peer:
        pass
    with pytest.raises(Unavailable) as caught:
        await asyncio.to_thread(engine(peer.url, attempts=1).run, keyframe(), EngineJob(tmp_path))
    assert not isinstance(caught.value, DeadlineExceeded)
    assert caught.value.reason == "PEER_UNREACHABLE"


def test_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EngineFailed, match="STORYREEL_GEMINI_API_KEY"):
        Gemini(GeminiSettings()).load()
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-seed")
    found = GeminiSettings()
    assert found.api_key.get_secret_value() == "AIza-seed"
    assert "AIza-seed" not in repr(found)
    one, other = Gemini(found).identity, Gemini(GeminiSettings(api_key=SecretStr("x"))).identity
    assert one == other != Gemini(GeminiSettings(model="gemini-3-pro-image")).identity
