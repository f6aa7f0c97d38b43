"""Keyframes and clips on a ComfyUI server: progress, cancels, crashes, and a server or a socket that misbehaves."""

import asyncio
import io
import json
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
    DeadlineExceeded,
    EngineFailed,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Digest, Language
from services.core.requests import ClipRequest, KeyframeRequest
from services.model_service.engine import Output
from services.model_service.engines.remote.comfyui.engines import ComfyClips, ComfyKeyframes
from services.model_service.engines.remote.comfyui.settings import ComfySettings
from tests.fixtures.comfyui_server import Comfy, comfyui
from tests.fixtures.engine_job import EngineJob, KeptNotes
from tests.unit.test_comfyui_workflow import GRAPH

IMAGE, LAST = Digest("ab" * 32), Digest("cd" * 32)


def png(width: int = 64, height: int = 64, colour: tuple[int, int, int] = (10, 200, 30)) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, format="PNG")
    return target.getvalue()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.model_service.engines.remote.backoff._FIRST", 0.001)


@pytest.fixture(scope="session")
def mp4(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("comfyui") / "made.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 320, 192, "yuv420p"
        for number in range(9):
            picture = np.full((192, 320, 3), number * 9, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path.read_bytes()


def keyframe(**changes: Any) -> KeyframeRequest:
    asked: dict[str, Any] = {"prompt": "a lighthouse", "style": "ink", "language": Language.EN, "width": 320, "height": 184}
    return KeyframeRequest(**(asked | {"seed": 7} | changes))


def clip(**changes: Any) -> ClipRequest:
    asked: dict[str, Any] = {"keyframe": {"image": IMAGE}, "camera": "push in", "frames": 8, "fps": 8, "width": 320, "height": 184}
    return ClipRequest(**(asked | {"seed": 7, "prompt": "waves"} | changes))


def with_picture(**more: Any) -> dict[str, Any]:
    loader = {"class_type": "LoadImage", "inputs": {"image": "x.png"}, "_meta": {"title": "storyreel: image"}}
    return {**GRAPH, "12": loader, **more}


def of_video() -> dict[str, Any]:
    node = {"class_type": "SaveVideo", "inputs": {"images": ["3", 0], "length": 25, "fps": 8.0}}
    kept = {name: value for name, value in GRAPH.items() if name != "9"}
    last = {"class_type": "LoadImage", "inputs": {"image": "x.png"}, "_meta": {"title": "storyreel: last"}}
    return {**kept, "10": node | {"_meta": {"title": "storyreel: frames fps output"}}, "12": with_picture()["12"], "13": last}


def settings(found: Comfy, tmp_path: Path, graph: Mapping[str, Any] = GRAPH, **changes: Any) -> ComfySettings:
    file = tmp_path / "workflow.json"
    file.write_text(json.dumps(graph), encoding="utf-8")
    given: dict[str, Any] = {"base_url": found.url, "workflow": file, "clip_workflow": file, "poll_seconds": 0.02}
    return ComfySettings(**(given | {"timeout_seconds": 10.0} | changes))


async def painted(given: ComfySettings, job: EngineJob, request: KeyframeRequest | None = None) -> Output:
    engine = ComfyKeyframes(given)
    engine.load()
    return await asyncio.to_thread(engine.run, request or keyframe(), job)


async def test_a_keyframe(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"preview.png": png(8, 8), "made.png": png(320, 184)}) as found:
        output = await painted(settings(found, tmp_path), job, keyframe(negative_prompt="text", steps=9, guidance_scale=3.0))
    [body] = found.queued
    graph = body["prompt"]
    assert graph["6"]["inputs"]["text"].startswith("a lighthouse, ")
    assert graph["7"]["inputs"]["text"] == "text"
    assert (graph["3"]["inputs"]["seed"], graph["3"]["inputs"]["steps"], graph["3"]["inputs"]["cfg"]) == (7, 9, 3.0)
    assert (graph["5"]["inputs"]["width"], graph["5"]["inputs"]["height"]) == (320, 184)
    with Image.open(output.files["image"].path) as image:
        assert (image.size, image.getpixel((0, 0))) == ((320, 184), (10, 200, 30))
    assert output.meta["provider_id"] == body["prompt_id"] == body["client_id"]
    assert output.meta["model"] == "sd15.safetensors"
    assert not output.meta["changed"]


async def test_progress_is_heard_and_only_grows(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}) as found:
        await painted(settings(found, tmp_path, poll_seconds=5.0), job)
    assert job.fractions == sorted(job.fractions)
    assert len({fraction for fraction in job.fractions if 0 < fraction < 0.9}) >= 5
    assert len([asked for asked in found.asked if asked.path.startswith("/history/")]) <= 4


@pytest.mark.parametrize("sockets", ["refuse", "drop", "garbage", "flood", "silent"])
async def test_without_its_socket_the_server_is_asked(sockets: str, tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}, sockets=sockets) as found:
        output = await painted(settings(found, tmp_path), job)
    assert "image" in output.files
    assert len(found.queued) == 1


async def test_its_socket_is_led_nowhere_else(tmp_path: Path) -> None:
    async with comfyui() as elsewhere, comfyui(makes={"made.png": png()}, sockets="redirect") as found:
        found.redirects_to = elsewhere.url.replace("http", "ws")
        output = await painted(settings(found, tmp_path), EngineJob(tmp_path / "job"))
    assert "image" in output.files
    assert not elsewhere.asked


async def test_a_reference_is_uploaded(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(png())
    job = EngineJob(tmp_path / "job", {IMAGE: tmp_path / "given"})
    async with comfyui(makes={"made.png": png()}) as found:
        output = await painted(settings(found, tmp_path, with_picture()), job, keyframe(references=(IMAGE, LAST)))
        found.uploaded["x.png"] = b""
        without = await painted(settings(found, tmp_path, with_picture()), EngineJob(tmp_path / "other"))
    assert found.queued[0]["prompt"]["12"]["inputs"]["image"] == f"storyreel/{IMAGE}.png"
    assert found.queued[1]["prompt"]["12"]["inputs"]["image"] == "x.png"
    assert any("references: 1 not used" in said for said in output.meta["changed"])
    assert not without.meta.get("changed", ()) or "references" not in str(without.meta["changed"])


async def test_what_has_no_place_is_said(tmp_path: Path) -> None:
    graph = {**GRAPH, "3": {**GRAPH["3"], "_meta": {}}, "7": {**GRAPH["7"], "_meta": {}}}
    request = keyframe(negative_prompt="text", steps=3, references=(IMAGE,))
    async with comfyui(makes={"made.png": png()}) as found:
        output = await painted(settings(found, tmp_path, graph), EngineJob(tmp_path / "job"), request)
    said = " ".join(output.meta["changed"])
    assert all(f"{name}: not used" in said for name in ("negative", "seed", "steps", "image"))
    assert "cfg" not in said


async def test_a_clip(mp4: bytes, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(png())
    job = EngineJob(tmp_path / "job", {IMAGE: tmp_path / "given", LAST: tmp_path / "given"})
    async with comfyui(makes={"poster.png": png(), "made.mp4": mp4}) as found:
        engine = ComfyClips(settings(found, tmp_path, of_video()))
        engine.load()
        output = await asyncio.to_thread(engine.run, clip(last=LAST), job)
    graph = found.queued[0]["prompt"]
    assert graph["12"]["inputs"]["image"] == f"storyreel/{IMAGE}.png"
    assert graph["13"]["inputs"]["image"] == f"storyreel/{LAST}.png"
    assert (graph["10"]["inputs"]["length"], graph["10"]["inputs"]["fps"]) == (8, 8)
    assert graph["6"]["inputs"]["text"].startswith("waves. push in")
    with av.open(str(output.files["video"].path)) as container:
        assert sum(1 for _ in container.decode(container.streams.video[0])) == 8


# -- crashes and cancels -----------------------------------------------------------------------------------------------------------


def noted(token: str) -> KeptNotes:
    return KeptNotes({"comfyui": {"token": token}})


async def first_try(found: Comfy, tmp_path: Path, job: EngineJob, **changes: Any) -> str:
    """Queue a job and let it go on without us, as after a crash: the token that is noted."""
    found.holds.clear()
    with pytest.raises(DeadlineExceeded):
        await painted(settings(found, tmp_path, timeout_seconds=0.5, **changes), job)
    return str(job.notes.written[-1]["comfyui"]["token"])


@pytest.mark.parametrize("takes_ids", [True, False])
@pytest.mark.parametrize("ended", [True, False])
async def test_after_a_crash_it_is_found_again(takes_ids: bool, ended: bool, tmp_path: Path) -> None:
    async with comfyui(makes={"made.png": png()}, takes_ids=takes_ids) as found:
        token = await first_try(found, tmp_path, EngineJob(tmp_path / "first"))
        if ended:
            found.holds.set()
            await found.ended.wait()
        job = EngineJob(tmp_path / "again")
        job.notes = noted(token)
        running = asyncio.create_task(painted(settings(found, tmp_path), job))
        found.holds.set()
        output = await running
    assert len(found.queued) == 1
    assert (output.meta["provider_id"] == token) is takes_ids


@pytest.mark.parametrize("takes_ids", [True, False])
async def test_a_lost_answer_is_looked_up(takes_ids: bool, tmp_path: Path) -> None:
    async with comfyui(makes={"made.png": png()}, takes_ids=takes_ids, loses_answers=1) as found:
        output = await painted(settings(found, tmp_path), EngineJob(tmp_path / "job"))
    assert "image" in output.files
    assert len(found.queued) == 1


async def test_a_lost_request_is_queued_by_the_next_attempt(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}, loses_requests=1) as found:
        with pytest.raises(Unavailable, match="does not have it"):
            await painted(settings(found, tmp_path), job)
        await painted(settings(found, tmp_path), job)
    assert len(found.queued) == 1


async def test_a_note_of_what_was_never_queued_is_queued(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    job.notes = noted("3f0c2f5e-0000-4000-8000-000000000000")
    async with comfyui(makes={"made.png": png()}) as found:
        await painted(settings(found, tmp_path), job)
    assert [body["prompt_id"] for body in found.queued] == ["3f0c2f5e-0000-4000-8000-000000000000"]


async def test_it_is_noted_before_it_is_queued(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}) as found:
        await painted(settings(found, tmp_path), job)
    assert job.notes.written[0] == {"comfyui": {"token": found.queued[0]["prompt_id"]}}


async def test_a_server_that_is_started_anew_has_lost_it(tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}) as found:
        found.holds.clear()
        running = asyncio.create_task(painted(settings(found, tmp_path, poll_seconds=0.05), job))
        await found.started.wait()
        found.restart()
        with pytest.raises(Unavailable, match="lost it"):
            await running
        found.holds.set()
        await painted(settings(found, tmp_path), job)
    assert len(found.queued) == 2


@pytest.mark.parametrize("pending", [True, False])
async def test_a_cancel_stops_it_on_the_server(pending: bool, tmp_path: Path) -> None:
    class Stoppable(EngineJob):
        stop = False

        def check(self) -> None:
            if self.stop:
                raise Cancelled("CANCELLED")

    job = Stoppable(tmp_path / "job")
    async with comfyui(makes={"made.png": png()}) as found:
        (found.turn if pending else found.holds).clear()
        running = asyncio.create_task(painted(settings(found, tmp_path), job))
        await (found.waiting if pending else found.started).wait()
        job.stop = True
        with pytest.raises(Cancelled):
            await running
        found.turn.set()
        [token] = [body["prompt_id"] for body in found.queued]
        assert found.interrupted == ([] if pending else [token])
        assert token not in found.jobs or not pending
    assert job.notes.written[-1] == {"comfyui": {}}


# -- failures ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fails", "kind"),
    [
        ({"exception_type": "RuntimeError", "exception_message": "shapes differ"}, EngineFailed),
        ({"exception_type": "torch.OutOfMemoryError", "exception_message": "CUDA out of memory"}, ResourceExhausted),
    ],
)
async def test_a_job_that_fails(fails: Mapping[str, str], kind: type[StoryreelError], tmp_path: Path) -> None:
    job = EngineJob(tmp_path / "job")
    async with comfyui(fails=fails) as found:
        with pytest.raises(kind, match="KSampler.*" + fails["exception_message"]):
            await painted(settings(found, tmp_path), job)
    assert job.notes.written[-1] == {"comfyui": {}}


async def test_a_workflow_that_the_server_refuses(tmp_path: Path) -> None:
    graph = {**GRAPH, "20": {"class_type": "NoSuchNode", "inputs": {}}}
    async with comfyui() as found:
        with pytest.raises(EngineFailed, match=r"node 20 \(NoSuchNode\): Node does not exist"):
            await painted(settings(found, tmp_path, graph), EngineJob(tmp_path / "job"))
    assert not found.queued


@pytest.mark.parametrize("makes", [{}, {"made.mp4": b"x"}])
async def test_a_job_that_makes_no_picture(makes: Mapping[str, bytes], tmp_path: Path) -> None:
    async with comfyui(makes=dict(makes)) as found:
        with pytest.raises(EngineFailed) as caught:
            await painted(settings(found, tmp_path), EngineJob(tmp_path / "job"))
    assert caught.value.reason == "PEER_UNEXPECTED"


async def test_a_picture_that_is_none(tmp_path: Path) -> None:
    async with comfyui(makes={"made.png": b"no picture"}) as found:
        with pytest.raises(Unavailable) as caught:
            await painted(settings(found, tmp_path), EngineJob(tmp_path / "job"))
    assert caught.value.reason == "PEER_UNREADABLE"


@pytest.mark.parametrize("key", ["right", "wrong"])
async def test_a_key(key: str, tmp_path: Path) -> None:
    async with comfyui(makes={"made.png": png()}, key="right") as found:
        given = settings(found, tmp_path, api_key=SecretStr(key))
        if key == "right":
            assert "image" in (await painted(given, EngineJob(tmp_path / "job"))).files
        else:
            with pytest.raises(EngineFailed) as caught:
                await painted(given, EngineJob(tmp_path / "job"))
            assert caught.value.reason == "PEER_UNAUTHORIZED"


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match="STORYREEL_COMFYUI_WORKFLOW"):
        ComfyKeyframes(ComfySettings()).load()
    with pytest.raises(EngineFailed, match="STORYREEL_COMFYUI_CLIP_WORKFLOW"):
        ComfyClips(ComfySettings()).load()
    with pytest.raises(EngineFailed, match="no node is titled 'storyreel: image'"):
        ComfyClips(settings(Comfy("http://127.0.0.1:1"), tmp_path)).load()


def test_the_workflow_is_who_it_is(tmp_path: Path) -> None:
    first = ComfyKeyframes(settings(Comfy("http://127.0.0.1:1"), tmp_path))
    first.load()
    identity = first.identity
    second = ComfyKeyframes(settings(Comfy("http://127.0.0.1:2"), tmp_path, with_picture()))
    second.load()
    assert identity != second.identity
