"""A shot that turns into the next one: worker, Postgres, gRPC, real diffusers with tiny weights for clips, ffmpeg's film."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from services.adapters.memory.media import MemoryMedia
from services.adapters.settings import BrokerSettings
from services.core.commands import PatchShot
from services.core.model import Operation, OperationStatus
from tests.builders import ALICE
from tests.fixtures import tiny_video_models
from tests.fixtures.models import ServeModels
from tests.fixtures.worker import Stage, open_real_stage

pytestmark = pytest.mark.models

SIZE = {"width": 64, "height": 64, "fps": 4, "music": False, "title_card": False, "end_card": False}


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


async def test_a_clip_ends_on_the_next_picture_and_a_cut_joins_them(
    postgres_url: str, broker_settings: BrokerSettings, serve_models: ServeModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tiny_video_models.ltx(tmp_path / "ltx", conditions=True)
    for name, value in {
        "MODEL": weights,
        "DEVICE": "cpu",
        "FORCE_CPU": True,
        "STEPS": 2,
        "FRAMES": 9,
        "SIDE": 64,
        "WARM_UP": False,
    }.items():
        monkeypatch.setenv(f"STORYREEL_IMAGE_TO_VIDEO_{name}", str(value))
    engines = {"clip_engine": "image-to-video", "film_engine": "ffmpeg"}
    async with (
        serve_models(MemoryMedia(), **engines) as service,
        open_real_stage(postgres_url, broker_settings, service) as stage,
        stage.worker(),
    ):
        created = await stage.ended(await stage.create(shots=3))
        _, second, third = await stage.store.shots(ALICE, created.story_id)
        for shot, transition in ((second, "首尾帧"), (third, "dissolve")):
            await stage.store.patch_shot(ALICE, created.story_id, shot.id, PatchShot(transition=transition))
        compiled = await stage.ended((await stage.stories.compile(ALICE, created.story_id, SIZE)).operation)
        assert (await made(stage, compiled)) == Counter(speech=3, clip=3, segment=3, transition=1, soundtrack=1, film=1)
        await stage.ended((await stage.stories.regenerate(ALICE, created.story_id, second.id)).operation)
        again = await stage.ended((await stage.stories.compile(ALICE, created.story_id, SIZE)).operation)
        # The first shot's clip ends on another picture; the transition to the third begins with another clip.
        assert (await made(stage, again)) == Counter(clip=2, segment=2, transition=1, film=1)


async def made(stage: Stage, operation: Operation) -> Counter[str]:
    """What the operation had made, by kind; none of it by an engine that ignored the picture to end on."""
    assert operation.status is OperationStatus.SUCCEEDED, operation.failure
    done = [event.data for event in await stage.store.events(ALICE, operation.id) if event.kind == "step_finished"]
    artifacts = await stage.store.artifacts([step["key"] for step in done])
    assert not any("last picture" in change for one in artifacts.values() for change in one.meta.get("changed", ()))
    return Counter(step["step"] for step in done)
