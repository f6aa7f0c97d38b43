"""Pictures, lines and clips from OpenAI-compatible endpoints, against a server that takes nothing undocumented."""

import asyncio
import base64
import io
import json
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

from services.core.errors import ContentViolation, EngineFailed, StoryreelError
from services.core.model import Digest, Language
from services.core.requests import ClipRequest, KeyframeRequest, SpeechRequest
from services.model_service.engine import Output
from services.model_service.engines.remote import pictures, polling
from services.model_service.engines.remote.openai_images import OpenAIImages
from services.model_service.engines.remote.openai_speech import OpenAISpeech
from services.model_service.engines.remote.openai_videos import OpenAIVideos, long_enough
from services.model_service.engines.remote.settings import ImagesSettings, OpenAISpeechSettings, VideosSettings
from services.model_service.engines.remote.shapes import nearest_size
from services.model_service.engines.speech.sound import RATE
from tests.fixtures.engine_job import EngineJob
from tests.fixtures.peer import Asked, Provider, answer, form, provider

KEY = SecretStr("sk-test")
PICTURE = KeyframeRequest(
    prompt="a lighthouse in a storm",
    style="watercolor",
    language=Language.EN,
    width=640,
    height=360,
    seed=7,
    framing="wide",
    negative_prompt="people",
)
LINE = SpeechRequest(text="The rain stopped, and nobody spoke.", language=Language.EN, mood="tense", voice="male")
IMAGE = Digest("ab" * 32)
CLIP = ClipRequest(
    keyframe={"image": IMAGE}, camera="push in", frames=37, fps=24, width=320, height=184, seed=1, prompt="a ship leaves"
)


def png(width: int, height: int, colour: tuple[int, int, int] = (200, 30, 30)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, format="PNG")
    return target.getvalue()


def tone(seconds: float) -> bytes:
    at = np.arange(round(seconds * RATE)) / RATE
    return (np.sin(at * 2 * np.pi * 220) * 12_000).astype("<i2").tobytes()


def film(path: Path, frames: int = 96, fps: int = 24) -> bytes:
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(frames):
            picture = np.full((180, 320, 3), number * 2, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


class OpenAI:
    """The endpoints as documented. `images` and the like say what is answered; what is asked wrongly gets 400 or 401."""

    def __init__(self, video: bytes = b"") -> None:
        self.picture: dict[str, Any] = {"b64_json": base64.b64encode(png(1536, 1024)).decode()}
        self.refuses = b""
        self.video = video
        self.states = ["queued", "in_progress", "completed"]
        self.created = 0

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(self._answered(asked))

    def _answered(self, asked: Asked) -> bytes:
        if asked.headers.get("authorization") != "Bearer sk-test":
            return answer(401, '{"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}')
        if self.refuses:
            return answer(400, self.refuses)
        match asked.method, asked.path.partition("?")[0]:
            case "POST", "/v1/images/generations":
                return self._image(asked.json())
            case "POST", "/v1/audio/speech":
                return self._speech(asked.json())
            case "POST", "/v1/videos":
                return self._create(asked)
            case "GET", "/v1/videos/video_1":
                state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
                error = {"code": "moderation_blocked", "message": "blocked"} if state == "failed" else None
                return answer(
                    200, json.dumps({"id": "video_1", "object": "video", "status": state, "progress": 40, "error": error})
                )
            case "GET", "/v1/videos/video_1/content":
                return answer(200, self.video, "video/mp4")
            case _:
                return answer(404, '{"error": {"message": "no such path"}}')

    def _image(self, body: dict[str, Any]) -> bytes:
        known = {"model", "prompt", "n", "size", "quality"}
        if set(body) - known or not re.fullmatch(r"(1024x1024|1536x1024|1024x1536)", body["size"]) or body["n"] != 1:
            return answer(400, json.dumps({"error": {"message": f"unknown or bad: {sorted(set(body) - known)}"}}))
        return answer(200, json.dumps({"created": 1, "data": [self.picture], "usage": {"total_tokens": 5}}))

    def _speech(self, body: dict[str, Any]) -> bytes:
        known = {"model", "input", "voice", "response_format", "speed", "instructions"}
        if set(body) - known or not 0.25 <= body["speed"] <= 4 or body["response_format"] != "pcm":
            return answer(400, '{"error": {"message": "bad field"}}')
        return answer(200, tone(2.0), "audio/pcm")

    def _create(self, asked: Asked) -> bytes:
        parts = form(asked)
        if set(parts) != {"model", "prompt", "size", "seconds", "input_reference"}:
            return answer(400, json.dumps({"error": {"message": f"fields: {sorted(parts)}"}}))
        picture = parts["input_reference"].get_payload(decode=True)
        assert isinstance(picture, bytes)
        with Image.open(io.BytesIO(picture)) as image:
            if "{}x{}".format(*image.size) != parts["size"].get_payload():
                return answer(400, '{"error": {"message": "input_reference must have the size"}}')
        self.created += 1
        return answer(200, '{"id": "video_1", "object": "video", "status": "queued", "progress": 0}')


async def run(make: Callable[[str], Any], request: Any, server: OpenAI, job: EngineJob) -> tuple[Output, Provider]:
    """The engine's output, made in a thread as in the service, and what the provider was asked."""
    async with provider(server) as found:
        engine = make(f"{found.url}/v1")
        engine.load()
        return await asyncio.to_thread(engine.run, request, job), found


def images(url: str) -> OpenAIImages:
    return OpenAIImages(ImagesSettings(base_url=url, api_key=KEY, extra={"quality": "low"}))


def speech(url: str) -> OpenAISpeech:
    return OpenAISpeech(OpenAISpeechSettings(base_url=url, api_key=KEY))


def videos(url: str) -> OpenAIVideos:
    return OpenAIVideos(VideosSettings(base_url=url, api_key=KEY, timeout_seconds=30))


async def test_a_picture_is_asked_in_the_nearest_shape_and_fitted(tmp_path: Path) -> None:
    output, found = await run(images, PICTURE, OpenAI(), EngineJob(tmp_path))
    body = found.asked[0].json()
    assert (body["size"], body["quality"], body["model"]) == ("1536x1024", "low", "gpt-image-1")
    assert "lighthouse" in body["prompt"]
    assert "watercolour" in body["prompt"]
    assert body["prompt"].endswith("Avoid: people.")
    with Image.open(output.files["image"].path) as image:
        assert (image.size, image.mode) == ((640, 360), "RGB")
    assert any("1536×1024" in line for line in output.meta["changed"])
    assert output.meta["usage"] == {"total_tokens": 5}


async def test_a_linked_picture_is_downloaded_without_the_key(tmp_path: Path) -> None:
    class Linking(OpenAI):
        def _answered(self, asked: Asked) -> bytes:
            if asked.path == "/files/1.png":
                assert "authorization" not in asked.headers
                return answer(200, png(1024, 1024), "image/png")
            return super()._answered(asked)

    server = Linking()
    server.picture = {"url": "/files/1.png", "revised_prompt": "a tall lighthouse"}
    output, _ = await run(images, PICTURE, server, EngineJob(tmp_path))
    assert output.meta["revised_prompt"] == "a tall lighthouse"


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        ({"b64_json": "!!!"}, "PEER_UNREADABLE"),
        ({"b64_json": base64.b64encode(b"<html>").decode()}, "PEER_UNREADABLE"),
        ({}, "PEER_UNEXPECTED"),
        ({"url": "http://10.0.0.1/x.png"}, "PEER_PRIVATE_ADDRESS"),
    ],
)
async def test_what_is_no_picture_says_so(picture: dict[str, Any], reason: str, tmp_path: Path) -> None:
    server = OpenAI()
    server.picture = picture
    with pytest.raises(StoryreelError) as caught:
        await run(images, PICTURE, server, EngineJob(tmp_path))
    assert caught.value.reason == reason


async def test_no_picture_is_so_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link may lead to a file, such as a film, that is not to fill memory or disk."""
    monkeypatch.setattr(pictures, "MOST_BYTES", 1000)

    class Linking(OpenAI):
        def _answered(self, asked: Asked) -> bytes:
            return answer(200, bytes(1001), "image/png") if asked.path == "/files/1.png" else super()._answered(asked)

    server = Linking()
    server.picture = {"url": "/files/1.png"}
    with pytest.raises(EngineFailed) as caught:
        await run(images, PICTURE, server, EngineJob(tmp_path))
    assert caught.value.reason == "PEER_ANSWER_TOO_LARGE"
    assert await asyncio.to_thread(lambda: sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())) == 0


@pytest.mark.parametrize("make", [images, speech])
async def test_a_violation_is_one(make: Callable[[str], Any], tmp_path: Path) -> None:
    server = OpenAI()
    server.refuses = b'{"error": {"code": "moderation_blocked", "message": "Your request was rejected by the safety system."}}'
    with pytest.raises(ContentViolation, match="safety system"):
        await run(make, PICTURE if make is images else LINE, server, EngineJob(tmp_path))


async def test_a_wrong_key_is_named_and_not_shown(tmp_path: Path) -> None:
    def wrong(url: str) -> OpenAIImages:
        return OpenAIImages(ImagesSettings(base_url=url, api_key=SecretStr("sk-wrong")))

    with pytest.raises(EngineFailed, match="check the key") as caught:
        await run(wrong, PICTURE, OpenAI(), EngineJob(tmp_path))
    assert "sk-wrong" not in str(caught.value)


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(EngineFailed, match="STORYREEL_IMAGES_MODEL"):
        OpenAIImages(ImagesSettings(model="", api_key=KEY)).load()
    with pytest.raises(EngineFailed, match="STORYREEL_IMAGES_API_KEY"):
        OpenAIImages(ImagesSettings()).load()
    OpenAIImages(ImagesSettings(base_url="http://127.0.0.1:8000/v1")).load()


def test_identities_tell_models_apart_and_hold_no_key() -> None:
    one, other = (OpenAIImages(ImagesSettings(model=model, api_key=KEY)).identity for model in ("a", "b"))
    assert one != other
    assert one == OpenAIImages(ImagesSettings(model="a", api_key=SecretStr("another"))).identity


def test_the_nearest_size() -> None:
    assert nearest_size("1024x1024, 1536x1024,1024x1536", 1080, 1920) == "1024x1536"
    assert nearest_size("", 720, 1280) == "720x1280"
    assert [long_enough("12,4,8", seconds) for seconds in (1.0, 4.0, 4.1, 30.0)] == ["4", "4", "8", "12"]


async def test_a_line_is_spoken_with_mood_and_times(tmp_path: Path) -> None:
    output, found = await run(speech, LINE, OpenAI(), EngineJob(tmp_path))
    body = found.asked[0].json()
    assert (body["voice"], body["input"]) == ("onyx", LINE.text)
    assert "tense" in body["instructions"]
    assert output.meta["seconds"] == pytest.approx(2.0, abs=0.02)
    assert " ".join(word for word, *_ in output.meta["words"]) == LINE.text
    assert output.meta["timing"] == "estimated"


async def test_a_clip_is_created_polled_and_conformed(tmp_path: Path) -> None:
    (tmp_path / "key.png").write_bytes(png(320, 184))
    job = EngineJob(tmp_path / "job", {IMAGE: tmp_path / "key.png"})
    server = OpenAI(film(tmp_path / "sora.mp4"))
    output, found = await run(videos, CLIP, server, job)
    with av.open(str(output.files["video"].path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (320, 184, Fraction(24))
        assert sum(1 for _ in container.decode(video=0)) == 37
    parts = form(found.asked[0])
    assert (parts["seconds"].get_payload(), parts["size"].get_payload()) == ("4", "1280x720")
    assert "a ship leaves" in str(parts["prompt"].get_payload())
    assert output.meta["provider_id"] == "video_1"
    assert job.fractions == sorted(job.fractions)


async def test_after_a_crash_a_clip_is_polled_and_not_created_again(tmp_path: Path) -> None:
    (tmp_path / "key.png").write_bytes(png(320, 184))
    server = OpenAI(film(tmp_path / "sora.mp4"))
    died = EngineJob(tmp_path / "died", {IMAGE: tmp_path / "key.png"}, cancel_after=2)
    with pytest.raises(StoryreelError):
        await run(videos, CLIP, server, died)
    again = EngineJob(tmp_path / "again", {IMAGE: tmp_path / "key.png"})
    again.notes = died.notes
    output, _ = await run(videos, CLIP, server, again)
    assert output.meta["provider_id"] == "video_1"
    assert server.created == 1


async def test_a_clip_that_fails_at_its_provider(tmp_path: Path) -> None:
    (tmp_path / "key.png").write_bytes(png(320, 184))
    server = OpenAI()
    server.states = ["failed"]
    with pytest.raises(ContentViolation, match="blocked"):
        await run(videos, CLIP, server, EngineJob(tmp_path / "job", {IMAGE: tmp_path / "key.png"}))


@pytest.mark.parametrize("gone", ["/v1/videos/video_1", "/v1/videos/video_1/content"])
async def test_a_clip_that_its_provider_has_lost_is_created_anew_by_the_next_attempt(
    gone: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_FIRST", 0.01)
    (tmp_path / "key.png").write_bytes(png(320, 184))
    media: dict[str, Path] = {IMAGE: tmp_path / "key.png"}

    class Forgetful(OpenAI):
        forgets = True

        def _answered(self, asked: Asked) -> bytes:
            if self.forgets and asked.path == gone:
                return answer(404, '{"error": {"message": "no such video"}}')
            return super()._answered(asked)

    server, first = Forgetful(film(tmp_path / "sora.mp4")), EngineJob(tmp_path / "first", media)
    with pytest.raises(StoryreelError) as caught:
        await run(videos, CLIP, server, first)
    assert (caught.value.reason, caught.value.retryable) == ("PEER_JOB_FAILED", True)
    server.forgets = False
    again = EngineJob(tmp_path / "again", media)
    again.notes = first.notes
    assert (await run(videos, CLIP, server, again))[0].files
    assert server.created == 2


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_a_picture_whose_link_has_expired_is_asked_for_anew_by_the_next_attempt(status: int, tmp_path: Path) -> None:
    class Expiring(OpenAI):
        expired = True

        def _answered(self, asked: Asked) -> bytes:
            if asked.path == "/files/1.png":
                return answer(status) if self.expired else answer(200, png(1536, 1024), "image/png")
            return super()._answered(asked)

    server, first = Expiring(), EngineJob(tmp_path / "first")
    server.picture = {"url": "/files/1.png"}
    with pytest.raises(EngineFailed):
        await run(images, PICTURE, server, first)
    server.expired = False
    again = EngineJob(tmp_path / "again")
    again.notes = first.notes
    output, found = await run(images, PICTURE, server, again)
    assert output.files
    assert [asked.method for asked in found.asked] == ["POST", "GET"]


@pytest.mark.parametrize("make", [images, speech])
async def test_an_account_that_is_spent_is_not_asked_again_for_a_while(make: Callable[[str], Any], tmp_path: Path) -> None:
    asked = []

    async def spent(call: Asked, writer: asyncio.StreamWriter) -> None:
        asked.append(call)
        writer.write(answer(429, '{"error": {"message": "You exceeded your quota", "code": "insufficient_quota"}}'))

    async with provider(spent) as found:
        engine = make(f"{found.url}/v1")
        with pytest.raises(EngineFailed, match="quota") as caught:
            await asyncio.to_thread(engine.run, PICTURE if make is images else LINE, EngineJob(tmp_path))
    assert caught.value.reason == "PEER_REFUSED"
    assert len(asked) == 1


async def test_a_picture_of_a_kind_that_is_read_by_running_programs_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    Image.new("RGB", (64, 64)).save(target, format="EPS")
    server = OpenAI()
    server.picture = {"b64_json": base64.b64encode(target.getvalue()).decode()}
    with pytest.raises(StoryreelError, match="UnidentifiedImageError") as caught:
        await run(images, PICTURE, server, EngineJob(tmp_path))
    assert caught.value.reason == "PEER_UNREADABLE"
