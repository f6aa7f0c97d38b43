"""Clips at Volcano Engine, against a strict server: modes, crashes, refusals, and a hostile provider."""

import asyncio
import base64
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

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
from services.core.model import Digest
from services.core.requests import ClipRequest
from services.model_service.engine import Output
from services.model_service.engines.remote import polling
from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.volcano.clips import VolcanoClips
from services.model_service.engines.remote.volcano.settings import Mode, Video, VolcanoSettings
from tests.fixtures.engine_job import EngineJob, KeptNotes
from tests.fixtures.hostile import endless
from tests.fixtures.peer import answer, provider
from tests.fixtures.volcano_server import Keys, Volcano, failure, gateway, volcano

FIRST, LAST = Digest("ab" * 32), Digest("cd" * 32)
Case = tuple[Video, Mode, bool, str, int]
"""What is set, whether there is a last picture, and what must be asked: the req_key and the number of pictures."""
DONE: Mapping[str, Any] = {"status": "done", "video_url": "/made.mp4", "aigc_meta_tagged": False}


def clip(**changes: Any) -> ClipRequest:
    asked: dict[str, Any] = {
        "keyframe": {"image": FIRST},
        "camera": "push in",
        "frames": 10,
        "fps": 24,
        "width": 320,
        "height": 184,
    }
    return ClipRequest(**(asked | {"seed": 7, "prompt": "千军万马"} | changes))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "_FIRST", 0.01)
    monkeypatch.setattr("services.model_service.engines.remote.backoff._FIRST", 0.001)


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("volcano") / "made.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for number in range(121):
            picture = np.full((192, 320, 3), number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for digest, size in ((FIRST, (320, 184)), (LAST, (400, 184))):
        found[digest] = tmp_path / digest
        Image.new("RGB", size, (200, 40, 40)).save(found[digest], format="PNG")
    return found


def settings(server: Volcano, **changes: Any) -> VolcanoSettings:
    keys = Keys()
    given: dict[str, Any] = {
        "api_key": SecretStr(keys.access_key),
        "secret_key": SecretStr(keys.secret_key),
        "base_url": server.url,
    }
    return VolcanoSettings(**(given | {"timeout_seconds": 5.0} | changes))


async def made(server: Volcano, job: EngineJob, request: ClipRequest, **changes: Any) -> Output:
    engine = VolcanoClips(settings(server, **changes))
    engine.load()
    return await asyncio.to_thread(engine.run, request, job)


def frames(output: Output) -> int:
    with av.open(str(output.files["video"].path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate or 0)) == (320, 184, 24.0)
        return sum(1 for _ in container.decode(stream))


def sizes(body: Mapping[str, Any]) -> list[tuple[int, int]]:
    found = []
    for text in body["binary_data_base64"]:
        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            found.append(image.size)
    return found


async def test_a_clip_begins_with_its_keyframe(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    under_way = [{"status": "in_queue"}, {"status": "generating"}, {"status": "generating"}]
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano(*under_way, DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        output = await made(server, job, clip())
    [body] = server.submitted
    assert body["req_key"] == "jimeng_i2v_first_v30"
    assert (body["prompt"], body["seed"], body["frames"]) == ("千军万马. push in", 7, 121)
    assert sizes(body) == [(557, 320)]  # the shortest side they take is 320
    assert frames(output) == 10
    assert output.meta["model"] == "jimeng_i2v_first_v30"
    assert output.meta["provider_id"] == "7392616336519610401"
    assert job.fractions == sorted(job.fractions)
    assert len(server.asked_after) == 4


@pytest.mark.parametrize(
    "case",
    [
        (Video.P720, Mode.AUTO, True, "jimeng_i2v_first_tail_v30", 2),
        (Video.P1080, Mode.AUTO, False, "jimeng_i2v_first_v30_1080", 1),
        (Video.P1080, Mode.AUTO, True, "jimeng_i2v_first_tail_v30_1080", 2),
        (Video.P1080, Mode.FIRST, True, "jimeng_i2v_first_v30_1080", 1),
        (Video.PRO, Mode.AUTO, True, "jimeng_ti2v_v30_pro", 1),
        (Video.P720, Mode.TEXT, True, "jimeng_t2v_v30", 0),
        (Video.P1080, Mode.TEXT, False, "jimeng_t2v_v30_1080p", 0),
        (Video.PRO, Mode.TEXT, False, "jimeng_ti2v_v30_pro", 0),
    ],
)
async def test_every_mode(case: Case, mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    video, mode, last, req_key, count = case
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        request = clip(last=LAST if last else None, frames=12, fps=2)
        output = await made(server, EngineJob(tmp_path / "job", pictures), request, video=video, mode=mode)
    [body] = server.submitted
    assert (body["req_key"], body["frames"]) == (req_key, 241)
    assert len(body.get("binary_data_base64", ())) == count
    assert ("aspect_ratio" in body) is (count == 0)
    said = " ".join(output.meta["changed"])
    assert ("last picture: not sent" in said) is (last and count == 1)
    assert ("keyframe: not sent" in said) is (count == 0)


async def test_both_pictures_have_one_size(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        await made(server, EngineJob(tmp_path / "job", pictures), clip(last=LAST))
    first, last = sizes(server.submitted[0])
    assert first == last


async def test_a_long_prompt_is_cut_and_said(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        output = await made(server, EngineJob(tmp_path / "job", pictures), clip(prompt="长" * 900))
    assert len(server.submitted[0]["prompt"]) == 800
    assert any("cut from" in said for said in output.meta["changed"])


async def test_words_alone_need_words(pictures: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        with pytest.raises(InvalidArgument):
            await made(server, EngineJob(tmp_path / "job", pictures), clip(prompt=""), mode=Mode.TEXT)
        server.files["/made.mp4"] = ("video/mp4", b"")
    assert not server.submitted


# -- paid jobs -----------------------------------------------------------------------------------------------------------------


async def test_a_wrong_secret_is_an_unauthorized_engine(pictures: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        with pytest.raises(EngineFailed) as caught:
            await made(server, EngineJob(tmp_path / "job", pictures), clip(), secret_key=SecretStr("wrong-secret"))
    assert caught.value.reason == "PEER_UNAUTHORIZED"
    assert "does not match" in str(caught.value)
    assert "wrong-secret" not in str(caught.value)
    assert len(server.peer.asked) == 1


async def test_after_a_crash_the_job_is_asked_after_and_not_submitted_again(
    mp4: bytes, pictures: dict[str, Path], tmp_path: Path
) -> None:
    noted = KeptNotes({"volcano": {"state": "submitted", "id": "7392616336519610477", "at": "2026-01-01T00:00:00+00:00"}})
    job = EngineJob(tmp_path / "job", pictures)
    job.notes = noted
    async with volcano({"status": "generating"}, DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        output = await made(server, job, clip())
    assert not server.submitted
    assert output.meta["provider_id"] == "7392616336519610477"


async def test_the_id_is_noted_before_anything_else_is_asked(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    before: list[str] = []
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        server.on_submit = lambda: before.extend(written["volcano"]["state"] for written in job.notes.written)
        await made(server, job, clip())
    assert before == ["sending"]
    assert job.notes.written[-1]["volcano"]["state"] == "submitted"


@pytest.mark.parametrize(
    "lost", [answer(200, "<html>gateway</html>", "text/html"), answer(502, ""), answer(200, '{"code": 10000}')]
)
async def test_a_crash_between_submit_and_id_is_in_doubt(lost: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano(DONE) as server:
        server.before = [lost]
        for _ in range(2):
            with pytest.raises(EngineFailed) as caught:
                await made(server, job, clip())
        assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert len(server.submitted) == 1


@pytest.mark.parametrize("busy", [failure(429, 50429, retry_after="0"), failure(429, 50430), failure(200, 50430)])
async def test_busy_at_the_submit(busy: bytes, mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        server.before = [busy]
        if busy.startswith(b"HTTP/1.1 200"):
            with pytest.raises(ResourceExhausted):
                await made(server, job, clip())
        await made(server, job, clip())
    assert len(server.submitted) == 2


@pytest.mark.parametrize("code", [50411, 50412, 50413, 50518])
async def test_what_is_reviewed_and_refused(code: int, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano(DONE) as server:
        server.before = [failure(400, code, "Text Risk Not Pass")]
        with pytest.raises(ContentViolation, match="Text Risk Not Pass"):
            await made(server, job, clip())
    assert job.notes.written[-1]["volcano"]["state"] == "over"


@pytest.mark.parametrize("end", [failure(400, 50516, "Post Video Risk Not Pass"), failure(200, 50511)])
async def test_a_result_that_is_reviewed_and_refused(end: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano({"status": "generating"}, end) as server:
        with pytest.raises(ContentViolation):
            await made(server, job, clip())
    assert job.notes.written[-1]["volcano"]["state"] == "over"


@pytest.mark.parametrize("end", [{"status": "not_found"}, {"status": "expired"}, failure(500, 50501, "Internal RPC Error")])
async def test_a_job_that_is_lost_may_be_submitted_anew(
    end: Mapping[str, Any] | bytes, mp4: bytes, pictures: dict[str, Path], tmp_path: Path
) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano({"status": "generating"}, end) as server:
        with pytest.raises(Unavailable) as caught:
            await made(server, job, clip())
        assert caught.value.reason == "PEER_JOB_FAILED"
        server.steps = [DONE]
        server.files["/made.mp4"] = ("video/mp4", mp4)
        await made(server, job, clip())
    assert len(server.submitted) == 2


async def test_a_job_that_is_unknown_for_a_moment_is_waited_for(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    broken = failure(500, 50500)
    steps: list[Mapping[str, Any] | bytes] = [
        {"status": "not_found"},
        {"status": "not_found"},
        {"status": "in_queue"},
        {"status": "not_found"},
        broken,
        DONE,
    ]
    async with volcano(*steps) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        assert frames(await made(server, EngineJob(tmp_path / "job", pictures), clip())) == 10
    assert len(server.submitted) == 1


async def test_a_job_that_takes_too_long_is_asked_after_later(mp4: bytes, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano({"status": "in_queue"}) as server:
        server.files["/made.mp4"] = ("video/mp4", mp4)
        with pytest.raises(DeadlineExceeded):
            await made(server, job, clip(), timeout_seconds=0.3)
        server.steps = [DONE]
        await made(server, job, clip())
    assert len(server.submitted) == 1


async def test_a_cancel_leaves_the_job_noted(pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures, cancel_after=12)
    async with volcano({"status": "generating"}) as server:
        with pytest.raises(Cancelled):
            await made(server, job, clip(), timeout_seconds=60.0)
    assert len(server.submitted) <= 1


# -- a hostile provider --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ({"status": "done", "video_url": "http://169.254.169.254/latest"}, "PEER_PRIVATE_ADDRESS"),
        ({"status": "done", "video_url": "file:///etc/passwd"}, "PEER_UNEXPECTED"),
        ({"status": "done", "video_url": ""}, "PEER_UNEXPECTED"),
        ({"status": "done", "video_url": "/text.mp4"}, "PEER_UNREADABLE"),
        ({"status": "done", "video_url": "/gone.mp4"}, "PEER_JOB_FAILED"),
        ({"status": "exploded"}, "PEER_UNEXPECTED"),
        ({}, "PEER_UNEXPECTED"),
        (answer(200, "[1, 2]"), "PEER_UNEXPECTED"),
        (answer(200, '{"code": 10000, "data": [1]}'), "PEER_UNEXPECTED"),
        (answer(200, "<html>hello</html>", "text/html"), "PEER_UNREADABLE"),
        (answer(500, "<html>boom</html>", "text/html"), "PEER_ERROR"),
        (answer(429, "{}", retry_after="7200"), "PEER_BUSY"),
        (gateway(403, "AccessDenied", "no"), "PEER_UNAUTHORIZED"),
        (failure(400, 50215, "Input invalid for this service."), "PEER_REFUSED"),
    ],
)
async def test_a_hostile_result(end: Mapping[str, Any] | bytes, reason: str, pictures: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", pictures)
    async with volcano(end) as server:
        server.files["/text.mp4"] = ("video/mp4", b"no video at all")
        with pytest.raises(StoryreelError) as caught:
            await made(server, job, clip(), attempts=2)
        assert caught.value.reason == reason
    assert len(server.submitted) == 1


async def test_a_video_without_end_is_cut_off(pictures: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(VolcanoSettings, "limits", property(lambda _: Limits(answer=5.0, largest_file=1_000_000)))
    async with provider(endless) as elsewhere, volcano({"status": "done", "video_url": f"{elsewhere.url}/v.mp4"}) as server:
        monkeypatch.setattr("services.model_service.engines.remote.downloads.public_address", _as_it_is)
        with pytest.raises(EngineFailed) as caught:
            await made(server, EngineJob(tmp_path / "job", pictures), clip())
    assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
    assert "authorization" not in elsewhere.asked[0].headers


async def _as_it_is(_name: str, host: str, _port: int) -> str:
    return host
