"""Keyframes through diffusers the whole way: settings, gRPC, batches across callers, the store, and callers who leave."""

import asyncio
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.model_client.peers import Peer
from services.core import recipes
from services.core.errors import ContentViolation
from services.core.model import Artifact, BibleEntry, Language
from services.core.ports import Models, Progress
from services.core.requests import KeyframeRequest, Service
from tests.fixtures import tiny_flow_models, tiny_models
from tests.fixtures.models import ServeModels

pytestmark = pytest.mark.models

REQUEST = KeyframeRequest(
    prompt="snow peaks, dusk, two travellers", style="movie", language=Language.EN, width=64, height=64, seed=7
)
ONE = {"services": "keyframes", "keyframe_engine": "diffusers", "keyframe_workers": 4}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tiny_models.turbo(tmp_path / "weights" / "turbo")
    for name, value in {"model": folder, "device": "cpu", "threads": 1, "batch": 4, "batch_window_ms": 30_000}.items():
        monkeypatch.setenv(f"STORYREEL_DIFFUSERS_{name.upper()}", str(value))
    return folder


async def make(models: Models, request: KeyframeRequest, heard: list[Progress] | None = None) -> Artifact:
    key = recipes.key(request, await models.engine(Service.KEYFRAMES))
    return await models.make(request, key, on_progress=(heard if heard is not None else []).append)


async def test_four_callers_share_one_batch_and_each_gets_its_picture_with_progress(
    serve_models: ServeModels, weights: Path
) -> None:
    media = MemoryMedia()
    heard: list[Progress] = []
    async with serve_models(media, **ONE) as service, open_models(service.settings) as models:
        async with asyncio.TaskGroup() as group:
            made = [group.create_task(make(models, replace(REQUEST, seed=seed), heard if not seed else None)) for seed in range(4)]
        assert [task.result().meta["batch"] for task in made] == [4, 4, 4, 4]
        assert len({task.result().parts["image"].digest for task in made}) == 4
        again = await make(models, replace(REQUEST, seed=0))
        assert again.key == made[0].result().key
    count = service.metrics.get_sample_value("storyreel_device_batch_size_count", {"model": "diffusers/turbo"})
    assert count == 1
    waited = service.metrics.get_sample_value("storyreel_device_request_wait_seconds_count", {"model": "diffusers/turbo"})
    assert waited == 4
    raw = await media.read(made[0].result().parts["image"].digest)
    with Image.open(io.BytesIO(raw)) as opened:
        assert (opened.size, opened.format) == ((64, 64), "PNG")
    fractions = [progress.fraction for progress in heard]
    assert fractions == sorted(fractions)


async def test_it_serves_only_once_its_weights_are_there_and_warm(serve_models: ServeModels, weights: Path) -> None:
    async with serve_models(MemoryMedia(), wait=False, **ONE) as service:
        peer = Peer(service.address)
        try:
            assert not await peer.serving(Service.KEYFRAMES)
            await service.loaded()
            assert await peer.serving(Service.KEYFRAMES)
        finally:
            await peer.close()


async def test_a_refused_picture_leaves_nothing_in_the_store(
    serve_models: ServeModels, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = tiny_models.sd(tmp_path / "weights" / "strict", checked=True, concept=-1.0)
    for name, value in {"MODEL": strict, "SAFETY_CHECK": "true", "STEPS": 1, "BATCH": 1}.items():
        monkeypatch.setenv(f"STORYREEL_DIFFUSERS_{name}", str(value))
    media = MemoryMedia()
    async with serve_models(media, **ONE) as service, open_models(service.settings) as models:
        with pytest.raises(ContentViolation) as caught:
            await make(models, REQUEST)
        assert caught.value.reason == "CONTENT_VIOLATION"
    assert not media.media
    assert not media.documents


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("sd3", ["looks: those of 老人 are left out (they are in Chinese, which the model does not read)"]),
        ("flux-schnell", ["guidance: 4 → 0 (flux-schnell is not guided)"]),
    ],
)
async def test_a_flow_model_is_served_batched_and_says_what_it_changed(
    family: str, expected: list[str], serve_models: ServeModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights" / family
    made = tiny_flow_models.sd3(folder) if family == "sd3" else tiny_flow_models.flux(folder, guided=False)
    settings = {"MODEL": made, "DEVICE": "cpu", "THREADS": 1, "BATCH": 2, "BATCH_WINDOW_MS": 30_000, "STEPS": 2}
    for name, value in settings.items():
        monkeypatch.setenv(f"STORYREEL_DIFFUSERS_{name}", str(value))
    bible = (
        BibleEntry("character", "阿狸", "红色斗篷的小女孩", "a little girl in a red cloak"),
        BibleEntry("character", "老人", "白发"),
    )
    asked = replace(REQUEST, prompt="forest, night\n阿狸和老人走进森林。", bible=bible, guidance_scale=4.0)
    async with serve_models(MemoryMedia(), **ONE) as service, open_models(service.settings) as models:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(make(models, replace(asked, seed=seed))) for seed in (1, 2)]
        metas = [task.result().meta for task in tasks]
    for meta in metas:
        assert (meta["family"], meta["batch"], meta["steps"]) == (family, 2, 2)
        assert "a little girl in a red cloak" in meta["prompt"]
        assert set(expected) <= set(meta["changed"])
    assert tasks[0].result().parts["image"].digest != tasks[1].result().parts["image"].digest


async def test_the_same_requests_give_the_same_bytes_in_a_service_that_was_started_again(
    serve_models: ServeModels, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYREEL_DIFFUSERS_BATCH", "1")
    artifacts = []
    for _ in range(2):
        async with serve_models(MemoryMedia(), **ONE) as service, open_models(service.settings) as models:
            artifacts.append(await make(models, REQUEST))
    one, again = artifacts
    assert one.key == again.key
    assert one.parts["image"].digest == again.parts["image"].digest
