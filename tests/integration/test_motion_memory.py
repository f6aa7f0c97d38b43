"""A clip's model beside another one on a device whose memory ends: what it needed then, it does not need for ever."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from prometheus_client import CollectorRegistry

from services.core.model import Digest
from services.core.requests import ClipRequest
from services.model_service.engine import Output
from services.model_service.engines.motion.settings import SvdSettings
from services.model_service.engines.motion.svd import Svd
from services.model_service.residency import Residency
from tests.fixtures import diffusion, tiny_models, tiny_video_models
from tests.fixtures.engine_job import EngineJob

pytestmark = pytest.mark.models

PICTURE = Digest("a" * 64)
REQUEST = ClipRequest(keyframe={"image": PICTURE}, camera="Push in", frames=12, fps=12, width=64, height=64, seed=7)


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


class Beside:
    """SVD with the keyframes' model on the same device."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        Image.linear_gradient("L").convert("RGB").resize((64, 64)).save(folder / "picture.png")
        self.residency = Residency(CollectorRegistry())
        self.svd = Svd(
            SvdSettings(
                model=str(tiny_video_models.svd(folder / "svd")), device="cpu", force_cpu=True, threads=1, steps=2, warm_up=False
            ),
            self.residency,
        )
        self.svd.load()
        self.film("first")
        diffusion.engine(tiny_models.turbo(folder / "turbo"), self.residency)

    def film(self, name: str) -> Output:
        return self.svd.run(REQUEST, EngineJob(self._folder / name, {PICTURE: self._folder / "picture.png"}))

    @property
    def resident(self) -> dict[str, Any]:
        return dict(self.svd._loaded()._stage._residency._device(self.svd._loaded()._stage.memory).models)

    @property
    def rig(self) -> Any:
        return self.resident["svd/svd"].model


def test_once_the_other_model_is_gone_chunks_are_as_large_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside(tmp_path)
    vae, tried = beside.rig.pipeline.vae, []
    decode = vae.decode

    def full(latents: torch.Tensor, *, num_frames: int) -> Any:
        tried.append(num_frames)
        if len(beside.resident) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return decode(latents, num_frames=num_frames)

    monkeypatch.setattr(vae, "decode", full)
    assert beside.film("second").meta["decode_chunk"] == 8
    assert tried == [8, 4, 2, 1, 8]
    assert list(beside.resident) == ["svd/svd"]


def test_what_was_set_aside_comes_back_though_another_model_has_taken_its_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = Beside(tmp_path)
    rig = beside.rig
    unet = rig.pipeline.unet
    rig.aside = (unet,)
    to = unet.to

    def full(*args: Any, **named: Any) -> Any:
        if len(beside.resident) > 1:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return to(*args, **named)

    monkeypatch.setattr(unet, "to", full)
    beside.film("second")
    assert rig.aside == ()
    assert list(beside.resident) == ["svd/svd"]
