"""A storyboard that is written shot by shot, through real parts: model service, worker, Kafka and Postgres, seen by REST."""

import asyncio
import queue
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.settings import BrokerSettings
from services.core import codec, recipes
from services.core.model import BibleEntry, Language, OperationId, OperationStatus, ShotDraft, Storyboard
from services.core.ports import Progress
from services.core.requests import RewriteRequest, Service, StoryboardRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankStoryboards
from tests.builders import ALICE
from tests.fixtures.gateway_app import Served, serving
from tests.fixtures.models import ModelService, ServeModels
from tests.fixtures.worker import Stage, open_real_stage

BIBLE = (BibleEntry("character", "阿雪", "穿红斗篷的女孩"),)


class Dictated(BlankStoryboards):
    """Writes the shots that a test dictates, each when it is; `THE_END` is the last word."""

    THE_END = ""

    def __init__(self) -> None:
        super().__init__()
        self.begun = 0
        self._dictated: queue.Queue[str] = queue.Queue()

    def dictate(self, text: str) -> None:
        self._dictated.put(text)

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        self.begun += 1
        written = Storyboard((), BIBLE)
        job.progress(0.1, "reading")
        while True:
            job.check()
            try:
                text = self._dictated.get(timeout=0.01)
            except queue.Empty:
                continue
            if text == self.THE_END:
                return Output(meta={"storyboard": codec.storyboard_to_json(written)})
            draft = ShotDraft(title=text, description=text, narration=text, seconds=3.0)
            written = Storyboard((*written.shots, draft), BIBLE)
            job.storyboard(written)


@pytest.fixture
def author() -> Dictated:
    return Dictated()


@pytest_asyncio.fixture
async def service(serve_models: ServeModels, author: Dictated) -> AsyncIterator[ModelService]:
    async with serve_models(MemoryMedia(), {Service.STORYBOARDS: author}) as one:
        yield one


@dataclass(frozen=True)
class Theatre:
    """A gateway, and the stage behind it."""

    served: Served
    stage: Stage

    async def titles(self, story_id: str) -> list[str]:
        return [shot["title"] for shot in (await self.served.get(f"/v1/stories/{story_id}/shots"))["shots"]]

    async def grown(self, operation_id: OperationId, times: int) -> None:
        """Returns when the `times`-th part has landed, and Kafka has told of it."""

        def count() -> int:
            return sum(e.kind == "storyboard_grew" for e in self.stage.news if e.operation_id == operation_id)

        async with asyncio.timeout(20):
            await self.stage.until(lambda: count() >= times)


@pytest_asyncio.fixture
async def theatre(service: ModelService, postgres_url: str, broker_settings: BrokerSettings) -> AsyncIterator[Theatre]:
    async with (
        open_real_stage(postgres_url, broker_settings, service) as stage,
        serving(stage.store, service.media) as served,
    ):
        yield Theatre(served, stage)


async def test_shots_are_seen_one_after_the_other(theatre: Theatre, author: Dictated) -> None:
    async with theatre.stage.worker():
        name = await theatre.served.begin()
        operation = await theatre.stage.store.operation(ALICE, name)
        story_id = str(operation.story_id)
        assert await theatre.titles(story_id) == []
        for number in (1, 2, 3):
            author.dictate(f"镜头{number}")
            await theatre.grown(name, number)
            assert await theatre.titles(story_id) == [f"镜头{n}" for n in range(1, number + 1)]
            assert (await theatre.served.get(f"/v1/stories/{story_id}"))["status"] == "generating"
        path = f"/v1/stories/{story_id}/shots"
        second = (await theatre.served.get(path))["shots"][1]
        edited = await theatre.served.ask("PATCH", f"{path}/{second['id']}", json={"shot": {"narration": "我的话。"}})
        assert edited.status_code == 200
        author.dictate(author.THE_END)
        assert (await theatre.stage.ended(operation)).status is OperationStatus.SUCCEEDED
    shots = (await theatre.served.get(path))["shots"]
    assert [(shot["title"], shot["status"]) for shot in shots] == [(f"镜头{n}", "done") for n in (1, 2, 3)]
    assert [shot["narration"] for shot in shots] == ["镜头1", "我的话。", "镜头3"]
    story = await theatre.stage.store.story(ALICE, operation.story_id)
    assert (story.bible, story.storyboard_unfinished) == (BIBLE, False)
    kinds = [event.kind for event in await theatre.stage.store.events(ALICE, name)]
    assert kinds.count("storyboard_grew") == 3
    assert kinds.count("storyboard_landed") == 1


async def test_another_worker_begins_anew_and_ends_with_one_storyboard(theatre: Theatre, author: Dictated) -> None:
    name = await theatre.served.begin()
    operation = await theatre.stage.store.operation(ALICE, name)
    async with theatre.stage.worker(worker_name="one"):
        for number, text in enumerate(("一", "二", "三"), start=1):
            author.dictate(text)
            await theatre.grown(name, number)
    assert (await theatre.stage.store.operation(ALICE, name)).status is OperationStatus.QUEUED
    assert await theatre.titles(str(operation.story_id)) == ["一", "二", "三"]
    async with theatre.stage.worker(worker_name="two"):
        author.dictate("甲")
        await theatre.grown(name, 4)
        assert await theatre.titles(str(operation.story_id)) == ["甲", "二", "三"]
        author.dictate("乙")
        author.dictate(author.THE_END)
        assert (await theatre.stage.ended(operation)).status is OperationStatus.SUCCEEDED
    assert await theatre.titles(str(operation.story_id)) == ["甲", "乙"]
    assert author.begun == 2


async def test_who_attaches_late_is_told_all_that_is_written(service: ModelService, author: Dictated) -> None:
    request = StoryboardRequest(text="故事。", title="", style="ink", language=Language.ZH)
    async with open_models(service.settings) as models:
        key = recipes.key(request, await models.engine(Service.STORYBOARDS))
        heard: tuple[asyncio.Queue[Progress], asyncio.Queue[Progress]] = (asyncio.Queue(), asyncio.Queue())
        first = asyncio.create_task(models.make(request, key, on_progress=heard[0].put_nowait))
        async with asyncio.timeout(20):
            for text in ("一", "二"):
                author.dictate(text)
                while (await heard[0].get()).board is None:
                    pass
            late = asyncio.create_task(models.make(request, key, on_progress=heard[1].put_nowait))
            told = await heard[1].get()
            author.dictate(author.THE_END)
            assert await first == await late
    assert told.board is not None
    assert [draft.title for draft in told.board.shots] == ["一", "二"]
    assert told.board.bible == BIBLE
    assert author.begun == 1
