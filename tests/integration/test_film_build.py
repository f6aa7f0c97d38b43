"""A film is a build: through real Postgres, Kafka and gRPC, with every call counted at the engine."""

from collections import Counter

from prometheus_client import CollectorRegistry

from services.adapters.memory.media import MemoryMedia
from services.adapters.settings import BrokerSettings
from services.core.commands import PatchShot
from services.core.errors import Unavailable
from services.core.model import OperationStatus, StoryStatus
from services.core.requests import RewriteRequest, Service, StoryboardRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankStoryboards
from tests.builders import ALICE
from tests.fixtures.models import ModelService, ServeModels
from tests.fixtures.worker import Stage, open_real_stage


def calls(metrics: CollectorRegistry) -> Counter[str]:
    """How often each kind of engine was run, by the engines' own count."""
    counted: Counter[str] = Counter()
    for family in metrics.collect():
        for sample in family.samples:
            if sample.name == "storyreel_engine_calls_total":
                counted[sample.labels["kind"]] += int(sample.value)
    return +counted


async def test_a_film_is_made_and_then_only_what_changed(real_stage: Stage, model_service: ModelService) -> None:
    async with real_stage.worker(worker_poll_seconds=60.0):
        created = await real_stage.ended(await real_stage.create())
        assert created.status is OperationStatus.SUCCEEDED
        assert calls(model_service.metrics) == {"storyboard": 1, "keyframe": 5}

        film = await real_stage.ended(await real_stage.compile(created.story_id))
        assert film.status is OperationStatus.SUCCEEDED
        whole = calls(model_service.metrics)
        made = {kind: whole[kind] for kind in ("clip", "card", "segment", "soundtrack", "film")}
        assert made == {"clip": 5, "card": 2, "segment": 7, "soundtrack": 1, "film": 1}

        again = await real_stage.ended(await real_stage.compile(created.story_id))
        assert again.status is OperationStatus.SUCCEEDED
        assert calls(model_service.metrics) == whole

        third = (await real_stage.store.shots(ALICE, created.story_id))[2]
        await real_stage.store.patch_shot(ALICE, created.story_id, third.id, PatchShot(details="改为夜晚星空场景"))
        assert (await real_stage.store.story(ALICE, created.story_id)).film_stale
        await real_stage.ended(await real_stage.compile(created.story_id))
        remade = calls(model_service.metrics) - whole
        assert remade.pop("transition", 0) <= 2  # the ones beside it
        assert remade == {"keyframe": 1, "clip": 1, "segment": 1, "film": 1}

    story = await real_stage.store.story(ALICE, created.story_id)
    assert story.status is StoryStatus.READY
    assert story.film is not None
    assert not story.film_stale
    assert [entry.sequence for entry in story.film.timeline] == [1, 2, 3, 4, 5]
    for name in (story.film.video, story.film.cover, story.film.subtitles, story.film.captions):
        assert name is not None
        assert await model_service.media.size(name.digest) == name.size


async def test_two_workers_share_the_work_and_do_nothing_twice(real_stage: Stage, model_service: ModelService) -> None:
    async with real_stage.worker(worker_name="one"), real_stage.worker(worker_name="two"):
        operations = [await real_stage.create(f"第{n}个故事：两名旅人在雪山中迷路。") for n in range(8)]
        ended = [await real_stage.ended(operation) for operation in operations]
    assert {operation.status for operation in ended} == {OperationStatus.SUCCEEDED}
    assert {operation.attempt for operation in ended} == {1}
    assert calls(model_service.metrics) == {"storyboard": 8, "keyframe": 40}


class BrokenLanguageModel(BlankStoryboards):
    """A language model whose upstream answers 502, as in the transcripts."""

    def run(self, request: StoryboardRequest | RewriteRequest, job: Job) -> Output:
        raise Unavailable("ENGINE_UPSTREAM", engine="llm", problem="502 Bad Gateway")


async def test_a_broken_language_model_fails_the_story_with_a_clear_message_and_counted_retries(
    serve_models: ServeModels, postgres_url: str, broker_settings: BrokerSettings
) -> None:
    engines = {Service.STORYBOARDS: BrokenLanguageModel()}
    async with (
        serve_models(MemoryMedia(), engines) as service,
        open_real_stage(postgres_url, broker_settings, service) as stage,
        stage.worker(),
    ):
        ended = await stage.ended(await stage.create())
        story = await stage.store.story(ALICE, ended.story_id)
    assert ended.status is OperationStatus.FAILED
    assert ended.retries == 2
    assert ended.failure is not None
    assert ended.failure.reason == "ENGINE_UPSTREAM"
    assert ended.failure.message == "引擎 llm 背后的模型返回错误（502 Bad Gateway）；请稍后再试。"
    assert story.status is StoryStatus.FAILED
