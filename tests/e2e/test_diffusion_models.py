"""Stories filmed by real diffusion pipelines: REST, Kafka, Postgres and gRPC around diffusers' classes with tiny random weights."""

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import asyncpg
import av
import pytest

from services.cli.client import Event
from tests.e2e.harness import BLANK, Client, Json, RunningStack, running_stack
from tests.fixtures import tiny_models, tiny_video_models

pytestmark = [pytest.mark.models, pytest.mark.slow]

STORY = "A lantern burns on the quay while a boat comes home through the fog."
FILM = {"width": 256, "height": 256, "fps": 8, "title_card": False, "end_card": False, "music": False}
STEPS = 30
"""Enough of them that a cancel comes in their midst, also where they are fast."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack whose pictures come from `diffusers` and whose clips come from `svd`; workers hear of a cancel at once."""
    weights = tmp_path_factory.mktemp("weights")
    chosen = {
        "STORYREEL_KEYFRAME_ENGINE": "diffusers",
        "STORYREEL_DIFFUSERS_MODEL": str(tiny_models.sd(weights / "sd")),
        "STORYREEL_DIFFUSERS_DEVICE": "cpu",
        "STORYREEL_DIFFUSERS_STEPS": str(STEPS),
        "STORYREEL_CLIP_ENGINE": "svd",
        "STORYREEL_SVD_MODEL": str(tiny_video_models.svd(weights / "svd")),
        "STORYREEL_SVD_DEVICE": "cpu",
        "STORYREEL_SVD_FORCE_CPU": "true",
        "STORYREEL_SVD_STEPS": str(STEPS),
        "STORYREEL_FILM_ENGINE": "ffmpeg",
        "STORYREEL_WORKER_PULSE_SECONDS": "0.05",
        "STORYREEL_WORKER_PROGRESS_SECONDS": "0.05",
    }
    with running_stack(tmp_path_factory.mktemp("diffusion_stack"), BLANK | chosen) as running:
        yield running


def test_a_story_becomes_a_film_and_the_same_one_when_it_is_made_anew(stack: RunningStack, tmp_path: Path) -> None:
    with stack.client() as client:
        first = filmed(client)
        film = tmp_path / "film.mp4"
        client.download(first["video_url"], film)
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        assert (video.width, video.height) == (256, 256)
        assert sum(1 for _ in container.decode(video)) == round(first["duration"] * 8)
    before = made(stack)
    forget_what_was_made(stack)
    with stack.client() as client:
        again = filmed(client)
    assert digests(again) == digests(first)
    # Nothing was found again: the same pictures and clips were made twice.
    assert made(stack) == Counter(dict.fromkeys(before, 2))
    assert len(before) == 2


@pytest.mark.parametrize(("kind", "begun"), [("keyframe", 0.05), ("clip", 0.02)])
def test_a_cancel_in_the_midst_of_the_steps_frees_the_engine_within_one_step(stack: RunningStack, kind: str, begun: float) -> None:
    text = f"A {kind} is called off."
    with stack.client() as client:
        operation = client.create_story({"script_content": text, "shots": 1})
        if kind == "clip":
            story = client.succeeded(operation)["story_id"]
            operation = client.compile(story, FILM)
        earlier = len(stopped(stack, kind))
        for event in client.follow(operation):
            if event.kind == "progress" and any(s["kind"] == kind and s["fraction"] > begun for s in event.data["data"]["steps"]):
                client.cancel(operation)
                break
        assert client.ended(operation)["status"] == "cancelled"
        # One model uses the device at a time: this one is made after the other has left it.
        client.made_story(f"{text} The next one is made.", shots=1)
    found = stopped(stack, kind)[earlier:]
    assert len(found) == 1
    asked, noticed = (step(found[0][name]) for name in ("asked_in", "noticed_in"))
    assert 1 <= asked < STEPS
    assert noticed - asked <= 1


def filmed(client: Client) -> Json:
    """The story once it has its film. Both operations told of progress that never fell."""
    creation = client.create_story({"script_content": STORY, "shots": 1})
    expect_no_fall(client.events(creation))
    story: str = client.succeeded(creation)["story_id"]
    compiling = client.compile(story, FILM)
    expect_no_fall(client.events(compiling))
    client.succeeded(compiling)
    return client.story(story)


def expect_no_fall(events: list[Event]) -> None:
    """Progress of the operation, and of each of its steps, only grows; and it was told while the models were at work."""
    told = [event.data["data"] for event in events if event.kind == "progress"]
    runs: dict[tuple[str, str], list[float]] = defaultdict(list)
    for progress in told:
        runs["whole", ""].append(progress["progress"])
        for part in progress["steps"]:
            runs[part["kind"], part["shot_id"] or ""].append(part["fraction"])
    for name, fractions in runs.items():
        assert all(one <= next_ for one, next_ in pairwise(fractions)), (name, fractions)
    models = [fractions for (kind, _), fractions in runs.items() if kind in {"keyframe", "clip"}]
    assert any(0.1 < fraction < 0.9 for fractions in models for fraction in fractions)


def digests(story: Json) -> list[dict[str, str]]:
    return [shot["artifacts"] for shot in story["timeline"]]


def made(stack: RunningStack) -> Counter[str]:
    """How often the model service made each picture and clip."""
    return Counter(line["key"] for line in stack.logged("models", "made") if line["engine"] in {"diffusers", "svd"})


def stopped(stack: RunningStack, kind: str) -> list[Json]:
    return [line for line in stack.logged("models", "a generation was stopped") if line["kind"] == kind]


def step(stage: str) -> int:
    """The number in a stage such as `step 7/30`."""
    name, _, numbers = stage.partition(" ")
    assert name == "step", stage
    return int(numbers.partition("/")[0])


def forget_what_was_made(stack: RunningStack) -> None:
    """Lose every artifact, as a store that was emptied does."""

    async def forget() -> None:
        connection = await asyncpg.connect(stack.state.database_url)
        try:
            await connection.execute("DELETE FROM artifacts")
        finally:
            await connection.close()

    asyncio.run(forget())
    for folder in stack.folder.media.iterdir():
        shutil.rmtree(folder)
