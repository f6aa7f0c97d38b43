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
from services.core.model import Artifact, Language
from services.core.ports import Models, Progress
from services.core.requests import KeyframeRequest, Service
from tests.fixtures import tiny_models
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
