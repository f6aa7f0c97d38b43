"""A story's characters keep their faces: worker, Postgres, gRPC, and real diffusers with an IP-Adapter of tiny weights."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import torch

from services.adapters.memory.media import MemoryMedia
from services.adapters.settings import BrokerSettings
from services.core import portraits, recipes, shot_parts
from services.core.commands import CreateStory
from services.core.model import Digest, Key, Language, Operation, OperationStatus, Shot, Story
from services.core.ports import Work
from services.core.requests import Service
from tests.builders import ALICE
from tests.fixtures import tiny_models
from tests.fixtures.models import ServeModels
from tests.fixtures.worker import Stage, open_real_stage

pytestmark = pytest.mark.models

STORY = "Old Mara climbs the stairs of the lighthouse. Mara lifts her lantern. A wave breaks on the rocks."


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def adapted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of `diffusers` with an IP-Adapter."""
    weights = tiny_models.sd(tmp_path / "weights" / "sd")
    adapter = tiny_models.ip_adapter(tmp_path / "weights" / "adapter", weights)
    for name, value in {"MODEL": weights, "IP_ADAPTER": adapter, "DEVICE": "cpu", "THREADS": 1, "STEPS": 2}.items():
        monkeypatch.setenv(f"STORYREEL_DIFFUSERS_{name}", str(value))


@pytest.mark.usefixtures("adapted")
async def test_a_portrait_is_made_once_and_every_picture_of_its_character_refers_to_it(
    postgres_url: str, broker_settings: BrokerSettings, serve_models: ServeModels
) -> None:
    async with painting(postgres_url, broker_settings, serve_models) as stage:
        first = await told(stage)
        story, shots, portrait = await pictured(stage, first)
        engine = await stage.models.engine(Service.KEYFRAMES)
        shown = 0
        for shot in shots:
            request = shot_parts.keyframe_request(Work(first, story, shots), shot)
            named = "Mara" in request.prompt
            asked = recipes.key(replace(request, references=(portrait,) if named else ()), engine)
            assert shot.keyframe is not None
            assert shot.keyframe.key == asked
            shown += named
        assert shown >= 2
        again = await regenerated(stage, story, shots[0])
        assert await asked_for(stage, again) == [str(shots[0].id)]
    connection = await asyncpg.connect(postgres_url)
    await connection.execute("DELETE FROM artifacts")
    await connection.close()
    async with painting(postgres_url, broker_settings, serve_models) as stage:
        # In a store that has nothing of it.
        second = await told(stage)
        _, anew, likewise = await pictured(stage, second)
    assert likewise == portrait
    assert [digest(shot) for shot in anew] == [digest(shot) for shot in shots]


@asynccontextmanager
async def painting(postgres_url: str, broker: BrokerSettings, serve_models: ServeModels) -> AsyncIterator[Stage]:
    """Workers, and a model service with an empty store."""
    engines = {"storyboard_engine": "screenwriter", "keyframe_engine": "diffusers"}
    async with (
        serve_models(MemoryMedia(), **engines) as service,
        open_real_stage(postgres_url, broker, service) as stage,
        stage.worker(),
    ):
        yield stage


async def told(stage: Stage) -> Operation:
    """The creation, succeeded."""
    command = CreateStory(
        content=STORY, title="", style="movie", language=Language.EN, aspect="1:1", voice="", shot_count=3, payload={}
    )
    ended = await stage.ended((await stage.stories.create(ALICE, command)).operation)
    assert ended.status is OperationStatus.SUCCEEDED
    return ended


async def regenerated(stage: Stage, story: Story, shot: Shot) -> Operation:
    ended = await stage.ended((await stage.stories.regenerate(ALICE, story.id, shot.id)).operation)
    assert ended.status is OperationStatus.SUCCEEDED
    return ended


async def asked_for(stage: Stage, operation: Operation) -> list[str | None]:
    """Of each picture that the operation had made, its shot; None for a portrait."""
    events = await stage.store.events(ALICE, operation.id)
    return [event.data["shot_id"] for event in events if event.kind == "step_finished" and event.data["step"] == "keyframe"]


async def pictured(stage: Stage, creation: Operation) -> tuple[Story, tuple[Shot, ...], Digest]:
    """The story with its shots, and Mara's portrait, which was made first and once."""
    assert (await asked_for(stage, creation)).count(None) == 1
    story = await stage.store.story(ALICE, creation.story_id)
    (mara,) = (entry for entry in story.bible if entry.kind == "character")
    asked = portraits.request(story, mara, chinese=False)
    assert asked is not None
    key: Key = recipes.key(asked, await stage.models.engine(Service.KEYFRAMES))
    made = await stage.store.artifacts([key])
    return story, await stage.store.shots(ALICE, story.id), made[key].parts["image"].digest


def digest(shot: Shot) -> Digest:
    assert shot.keyframe is not None
    return shot.keyframe.parts["image"].digest
