"""Clips of a figure that speaks, against a strict server that fetches what it is given: in time with the line, and paid once."""

import asyncio
import io
import wave
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from services.core.errors import ContentViolation, EngineFailed, StoryreelError, Unavailable
from services.core.model import Accepts, Digest, Language
from services.core.requests import ClipRequest, Service
from services.model_service import trial
from services.model_service.engine import Output
from services.model_service.engines.remote import polling
from services.model_service.engines.remote.volcano.human import VolcanoHuman
from services.model_service.engines.remote.volcano.settings import Video, VolcanoSettings
from services.model_service.engines.speech import sound
from tests.fixtures.engine_job import EngineJob, KeptNotes
from tests.fixtures.peer import answer
from tests.fixtures.volcano_server import NOBODY, SOMEBODY, Volcano, failure, volcano
from tests.integration.test_volcano import clip, settings

IMAGE, LINE = Digest("ab" * 32), Digest("ef" * 32)
DONE: Mapping[str, Any] = {"status": "done", "video_url": "/made.mp4", "aigc_meta_tagged": False}
AT, LASTS, LENGTH = 1.5, 1.0, 4.0
"""Seconds at which the line begins, that it lasts, and that the clip does."""


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polling, "_FIRST", 0.01)
    monkeypatch.setattr("services.model_service.engines.remote.backoff._FIRST", 0.001)


@pytest.fixture
def media(tmp_path: Path) -> dict[str, Path]:
    picture = tmp_path / "keyframe"
    Image.new("RGB", (320, 184), (200, 40, 40)).save(picture, format="PNG")
    times = np.arange(round(LASTS * sound.RATE)) / sound.RATE
    return {IMAGE: picture, LINE: sound.write(tmp_path / "line", np.asarray(np.sin(times * 1400) * 0.5, np.float32))}


@pytest.fixture(scope="session")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A video that is bright while the line is heard, a little longer than the clip, at 25 frames a second."""
    path = tmp_path_factory.mktemp("human") / "made.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 184, "yuv420p"
        for number in range(round((LENGTH + 0.4) * 25)):
            level = 230 if AT <= number / 25 < AT + LASTS else 20
            picture = np.full((184, 320, 3), level, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def spoken(**changes: Any) -> ClipRequest:
    return clip(**({"keyframe": {"image": IMAGE}, "speech": LINE, "speech_at": 0.5, "frames": 36} | changes))


async def made(server: Volcano, job: EngineJob, request: ClipRequest, **changes: Any) -> Output:
    engine = VolcanoHuman(settings(server, **({"media_url": f"{server.url}/media/{{digest}}"} | changes)))
    engine.load()
    server.store = job.kept
    return await asyncio.to_thread(engine.run, request, job)


def brightness(output: Output) -> list[float]:
    with av.open(str(output.files["video"].path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, float(stream.average_rate or 0)) == (320, 184, 24.0)
        return [float(frame.to_ndarray(format="gray").mean()) for frame in container.decode(stream)]


def heard(server: Volcano, body: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    data = server.store[Digest(body["audio_url"].rpartition("/")[2])]
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, sound.RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


async def test_the_figure_speaks_when_the_line_is_heard(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    async with volcano({"status": "processing"}, {"status": "generating"}, DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        output = await made(server, job, spoken(speech_at=AT, frames=96))
    [look], [body] = server.looked, server.submitted
    assert look["req_key"] == "jimeng_realman_avatar_picture_create_role_omni_v15"
    assert body["req_key"] == output.meta["model"] == "jimeng_realman_avatar_picture_omni_v15"
    assert look["image_url"] == body["image_url"]
    assert (body["seed"], body["output_resolution"], body["pe_fast_mode"]) == (7, 720, True)
    assert "talking" in body["prompt"]
    assert "千军万马. push in" in body["prompt"]
    assert not server.unusable
    track = heard(server, body)
    assert len(track) == round(LENGTH * sound.RATE)
    first, last = round(AT * sound.RATE), round((AT + LASTS) * sound.RATE)
    assert np.abs(track[first : first + 240]).max() > 0.3
    assert np.abs(track[last - 240 : last]).max() > 0.3
    assert not track[: first - 10].any()
    assert not track[last + 10 :].any()
    # The video is 0.4 s longer than the clip: it is cut, not hurried, and the mouth opens and closes with the line.
    levels = brightness(output)
    assert len(levels) == 96
    opens = [number for number, level in enumerate(levels) if level > 125]
    assert opens[0] == pytest.approx(AT * 24, abs=1)
    assert opens[-1] + 1 == pytest.approx((AT + LASTS) * 24, abs=1)
    assert not any("speed" in said for said in output.meta["changed"])
    assert job.fractions == sorted(job.fractions)


async def test_more_pixels_take_the_slower_mode(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        await made(server, EngineJob(tmp_path / "job", media), spoken(prompt="长" * 400, last=IMAGE), video=Video.PRO)
    [body] = server.submitted
    assert (body["output_resolution"], body["pe_fast_mode"], len(body["prompt"])) == (1080, False, 300)


async def test_what_is_not_used_is_said(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        output = await made(server, EngineJob(tmp_path / "job", media), spoken(speech_at=1.0, prompt="长" * 400, last=IMAGE))
    said = " ".join(output.meta["changed"])
    assert "last picture: not sent" in said
    assert "prompt: cut from 409 to" in said
    assert "speech: its last 0.5 s are after the clip's end" in said
    assert len(heard(server, server.submitted[0])) == 1.5 * sound.RATE


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"speech": None, "speech_at": 0.0}, "nobody speaks"),
        ({"frames": 60, "fps": 1}, "less than 60 s"),
        ({}, "nobody is seen"),
    ],
)
async def test_other_clips_are_made_from_their_picture(
    changes: dict[str, Any], why: str, speaking: bytes, media: dict[str, Path], tmp_path: Path
) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        server.looks = [NOBODY]
        output = await made(server, EngineJob(tmp_path / "job", media), spoken(**changes))
    [body] = server.submitted
    assert body["req_key"] == output.meta["model"] == "jimeng_i2v_first_v30"
    assert "binary_data_base64" in body
    assert len(server.looked) == (why == "nobody is seen")
    assert "digital human: not used" in output.meta["changed"][0]
    assert why in output.meta["changed"][0]


async def test_a_large_picture_is_sent_within_the_bounds(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (2400, 4400, 3), np.uint8)
    Image.fromarray(pixels).save(media[IMAGE], format="PNG")
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        await made(server, EngineJob(tmp_path / "job", media), spoken())
    assert not server.unusable


# -- paid jobs -----------------------------------------------------------------------------------------------------------------


async def test_after_a_crash_nothing_is_submitted_again(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    job, after = EngineJob(tmp_path / "job", media), EngineJob(tmp_path / "after", media)
    after.notes = job.notes
    async with volcano({"status": "generating"}) as server:
        with pytest.raises(StoryreelError):
            await made(server, job, spoken(), timeout_seconds=1.5)
        server.steps = [DONE]
        server.files["/made.mp4"] = ("video/mp4", speaking)
        output = await made(server, after, spoken())
    assert (len(server.looked), len(server.submitted)) == (1, 1)
    assert output.meta["provider_id"] == "7392616336519610401"
    assert {name: note["state"] for name, note in job.notes.written[-1].items()} == {
        "volcano-human": "submitted",
        "volcano-human-subject": "submitted",
    }


async def test_each_submit_is_noted_before_it_is_sent(speaking: bytes, media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    before: list[Mapping[str, Any]] = []
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        server.on_submit = lambda: before.append(job.notes.written[-1])
        await made(server, job, spoken())
    [noted] = before
    assert (noted["volcano-human-subject"]["state"], noted["volcano-human"]["state"]) == ("submitted", "sending")


@pytest.mark.parametrize("step", ["volcano-human", "volcano-human-subject"])
async def test_a_submit_whose_answer_was_lost_is_not_repeated(step: str, media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    job.notes = KeptNotes({step: {"state": "sending", "at": "2026-01-01T00:00:00+00:00"}})
    async with volcano(DONE) as server:
        with pytest.raises(EngineFailed) as caught:
            await made(server, job, spoken())
    assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert not server.submitted


async def test_a_video_whose_answer_was_lost_is_not_repeated(media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    async with volcano(DONE) as server:
        server.before = [answer(502, "")]
        for _ in range(2):
            with pytest.raises(EngineFailed) as caught:
                await made(server, job, spoken())
    assert caught.value.reason == "SUBMISSION_UNKNOWN"
    assert len(server.submitted) == 1


# -- what goes wrong -----------------------------------------------------------------------------------------------------------


async def test_an_address_that_the_provider_cannot_read(media: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        with pytest.raises(EngineFailed, match="50215") as caught:
            await made(server, EngineJob(tmp_path / "job", media), spoken(), media_url=f"{server.url}/elsewhere/{{digest}}")
    assert caught.value.reason == "PEER_REFUSED"
    assert not server.submitted


@pytest.mark.parametrize("code", [50411, 50412, 50413, 50513, 50514])
async def test_what_is_reviewed_and_refused(code: int, media: dict[str, Path], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job", media)
    async with volcano({"status": "generating"}, failure(400, code, "Pre Audio Risk Not Pass")) as server:
        with pytest.raises(ContentViolation, match="Pre Audio Risk Not Pass"):
            await made(server, job, spoken())
    assert job.notes.written[-1]["volcano-human"]["state"] == "over"


@pytest.mark.parametrize(
    ("look", "reason"),
    [
        ({"status": "done"}, "PEER_UNEXPECTED"),
        ({"status": "done", "resp_data": "{"}, "PEER_UNEXPECTED"),
        ({"status": "done", "resp_data": '{"status": 2}'}, "PEER_UNEXPECTED"),
        ({"status": "done", "resp_data": "[1]"}, "PEER_UNEXPECTED"),
        ({"status": "expired"}, "PEER_JOB_FAILED"),
        (failure(400, 50411, "Pre Img Risk Not Pass"), "CONTENT_VIOLATION"),
    ],
)
async def test_a_look_that_says_nothing(
    look: Mapping[str, Any] | bytes, reason: str, speaking: bytes, media: dict[str, Path], tmp_path: Path
) -> None:
    job = EngineJob(tmp_path / "job", media)
    async with volcano(DONE) as server:
        server.looks = [look]
        with pytest.raises(StoryreelError) as caught:
            await made(server, job, spoken())
        assert caught.value.reason == reason
        assert not server.submitted
        server.looks = [SOMEBODY]
        server.files["/made.mp4"] = ("video/mp4", speaking)
        await made(server, job, spoken())
    assert (len(server.looked), len(server.submitted)) == (2, 1)


async def test_a_line_that_is_no_sound(media: dict[str, Path], tmp_path: Path) -> None:
    media[LINE].write_bytes(b"no sound at all")
    async with volcano(DONE) as server:
        with pytest.raises(EngineFailed) as caught:
            await made(server, EngineJob(tmp_path / "job", media), spoken())
    assert caught.value.reason == "MEDIA_UNREADABLE"
    assert not server.submitted


async def test_a_video_that_is_none(media: dict[str, Path], tmp_path: Path) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", b"no video at all")
        with pytest.raises(Unavailable) as caught:
            await made(server, EngineJob(tmp_path / "job", media), spoken())
    assert caught.value.reason == "PEER_UNREADABLE"


# -- settings and trial --------------------------------------------------------------------------------------------------------


async def test_it_takes_speech_and_needs_an_address_for_it() -> None:
    async with volcano(DONE) as server:
        engine = VolcanoHuman(settings(server))
        assert engine.identity.accepts == Accepts(speech=True)
        with pytest.raises(EngineFailed, match="STORYREEL_VOLCANO_MEDIA_URL") as caught:
            engine.load()
        assert caught.value.reason == "ENGINE_NOT_CONFIGURED"
        with pytest.raises(EngineFailed, match="STORYREEL_VOLCANO_MEDIA_URL") as caught:
            VolcanoHuman(settings(server, media_url="https://example.com/media")).load()
        assert caught.value.reason == "BAD_ENGINE_SETTING"


class Folder(dict[Digest, bytes]):
    """What lies in the store's folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def get(self, digest: Digest, default: Any = None) -> Any:
        path = self._folder / "media" / digest
        return path.read_bytes() if path.exists() else default


async def test_its_trial_uses_the_store_that_the_provider_reads(
    speaking: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with volcano(DONE) as server:
        server.files["/made.mp4"] = ("video/mp4", speaking)
        server.store = Folder(tmp_path)
        monkeypatch.setenv("STORYREEL_MEDIA_URL", tmp_path.as_uri())
        engine = VolcanoHuman(settings(server, media_url=f"{server.url}/media/{{digest}}"))
        found = await trial.tried(engine, Service.CLIPS, Language.EN, tmp_path / "made")
    assert found["meta"]["model"] == "jimeng_realman_avatar_picture_omni_v15"
    assert not server.unusable


async def test_its_trial_says_which_store_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STORYREEL_MEDIA_URL", "ftp://nowhere")
    async with volcano(DONE) as server:
        engine = VolcanoHuman(settings(server, media_url=f"{server.url}/media/{{digest}}"))
        with pytest.raises(EngineFailed, match="STORYREEL_MEDIA_URL"):
            await trial.tried(engine, Service.CLIPS, Language.EN, tmp_path)


def test_the_address_is_no_part_of_who_it_is() -> None:
    one, other = (VolcanoHuman(VolcanoSettings(media_url=url)).identity for url in ("https://a/{digest}", "https://b/{digest}"))
    assert one == other
    assert one != VolcanoHuman(VolcanoSettings(video=Video.PRO)).identity
