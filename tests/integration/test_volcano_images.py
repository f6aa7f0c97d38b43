"""Keyframes at Volcano Engine, against a strict server, and what both engines are set up with."""

import asyncio
import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from pydantic import SecretStr

from services.core.errors import EngineFailed, StoryreelError
from services.core.model import BibleEntry, Digest, Language
from services.core.requests import KeyframeRequest
from services.model_service.engine import Output
from services.model_service.engines.remote import polling
from services.model_service.engines.remote.volcano.clips import VolcanoClips
from services.model_service.engines.remote.volcano.images import VolcanoImages
from services.model_service.engines.remote.volcano.settings import Video, VolcanoSettings
from tests.fixtures.engine_job import EngineJob
from tests.fixtures.volcano_server import Volcano, volcano
from tests.integration.test_volcano import settings

FIRST, LAST = Digest("ab" * 32), Digest("cd" * 32)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "_FIRST", 0.01)


def keyframe(**changes: Any) -> KeyframeRequest:
    asked: dict[str, Any] = {"prompt": "千军万马", "style": "ink", "language": Language.ZH, "width": 320, "height": 184, "seed": 7}
    return KeyframeRequest(**(asked | changes))


async def painted(server: Volcano, job: EngineJob, request: KeyframeRequest, **changes: Any) -> Output:
    engine = VolcanoImages(settings(server, **changes))
    engine.load()
    return await asyncio.to_thread(engine.run, request, job)


def png(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), (10, 200, 30)).save(target, format="PNG")
    return target.getvalue()


@pytest.mark.parametrize("model", ["jimeng_t2i_v40", "jimeng_t2i_v31", "jimeng_t2i_v30"])
@pytest.mark.parametrize("inline", [True, False])
async def test_a_keyframe(model: str, inline: bool, tmp_path: Path) -> None:
    data = base64.b64encode(png(256, 144)).decode() if inline else None
    done = {"status": "done", "binary_data_base64": [data] if inline else None, "image_urls": None if inline else ["/made.png"]}
    async with volcano({"status": "in_queue"}, done) as server:
        server.files["/made.png"] = ("image/png", png(256, 144))
        request = keyframe(negative_prompt="文字", steps=20, bible=(BibleEntry(kind="character", name="千军", look="红旗"),))
        output = await painted(server, EngineJob(tmp_path / "job"), request, image_model=model)
    [body] = server.submitted
    assert body["req_key"] == output.meta["model"] == model
    assert (body["width"], body["height"]) == ((2560, 1440) if model.endswith("40") else (1664, 936))
    assert "千军 (红旗)" in body["prompt"]
    assert "Avoid: 文字" in body["prompt"]
    assert ("seed" in body) is (model != "jimeng_t2i_v40")
    with Image.open(output.files["image"].path) as image:
        assert (image.size, image.format) == ((320, 184), "PNG")
    said = " ".join(output.meta["changed"])
    assert "fitted to 320×184" in said
    assert "steps and guidance" in said


async def test_references_go_by_address(tmp_path: Path) -> None:
    done = {"status": "done", "binary_data_base64": [base64.b64encode(png(64, 64)).decode()]}
    request = keyframe(references=(FIRST, LAST))
    async with volcano(done) as server:
        output = await painted(server, EngineJob(tmp_path / "a"), request, media_url="https://media.example/{digest}")
        without = await painted(server, EngineJob(tmp_path / "b"), request)
    assert server.submitted[0]["image_urls"] == [f"https://media.example/{FIRST}", f"https://media.example/{LAST}"]
    assert "image_urls" not in server.submitted[1]
    assert not any("references" in said for said in output.meta["changed"])
    assert any("references: 2 not sent" in said for said in without.meta["changed"])


async def test_a_sensible_size_is_asked_as_it_is(tmp_path: Path) -> None:
    done = {"status": "done", "binary_data_base64": [base64.b64encode(png(64, 64)).decode()]}
    async with volcano(done) as server:
        await painted(server, EngineJob(tmp_path / "job"), keyframe(width=1280, height=720), image_model="jimeng_t2i_v31")
    assert (server.submitted[0]["width"], server.submitted[0]["height"]) == (1280, 720)


@pytest.mark.parametrize("end", [{"status": "done"}, {"status": "done", "binary_data_base64": ["!!!"]}])
async def test_a_keyframe_that_is_none(end: Mapping[str, Any], tmp_path: Path) -> None:
    async with volcano(end) as server:
        with pytest.raises(StoryreelError) as caught:
            await painted(server, EngineJob(tmp_path / "job"), keyframe())
    assert caught.value.reason in ("PEER_UNEXPECTED", "PEER_UNREADABLE")


# -- settings ---------------------------------------------------------------------------------------------------------------------


def test_settings_know_the_seeds_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOLCANO_ACCESS_KEY", "AK")
    monkeypatch.setenv("VOLCANO_SECRET_KEY", "SK")
    monkeypatch.setenv("STORYREEL_VOLCANO_VIDEO", "pro")
    found = VolcanoSettings()
    assert (found.credentials.access_key, found.credentials.secret_key, found.video) == ("AK", "SK", Video.PRO)
    assert "SK" not in repr(found)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(EngineFailed, match="STORYREEL_VOLCANO_API_KEY"):
        VolcanoClips(VolcanoSettings()).load()
    given = VolcanoSettings(api_key=SecretStr("a"), secret_key=SecretStr("b"), image_model="sdxl")
    with pytest.raises(EngineFailed, match="jimeng_t2i_v31"):
        VolcanoImages(given).load()


def test_the_key_is_no_part_of_who_it_is() -> None:
    one, other = (VolcanoClips(VolcanoSettings(api_key=SecretStr(key))).identity for key in "ab")
    assert one == other
    assert one != VolcanoClips(VolcanoSettings(video=Video.PRO)).identity


async def test_an_address_of_media_that_names_none_is_refused_at_the_start() -> None:
    async with volcano({"status": "done"}) as server:
        with pytest.raises(EngineFailed, match=r"STORYREEL_VOLCANO_MEDIA_URL.*\{digest\}") as caught:
            VolcanoImages(settings(server, media_url="https://media.example/")).load()
    assert caught.value.reason == "BAD_ENGINE_SETTING"


async def test_a_picture_whose_address_has_expired_is_asked_for_again(tmp_path: Path) -> None:
    first = EngineJob(tmp_path / "first")
    async with volcano({"status": "done", "image_urls": ["/gone.png"]}, {"status": "done", "image_urls": ["/made.png"]}) as server:
        server.files["/made.png"] = ("image/png", png(256, 144))
        with pytest.raises(StoryreelError) as caught:
            await painted(server, first, keyframe())
        assert (caught.value.reason, caught.value.retryable) == ("PEER_JOB_FAILED", True)
        again = EngineJob(tmp_path / "again")
        again.notes = first.notes
        assert (await painted(server, again, keyframe())).files
        assert len(server.submitted) == 1
