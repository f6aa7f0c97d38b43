"""Storyboards from vLLM within the model service, which runs in vLLM's own environment."""

import asyncio
import os
import signal

import psutil
import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.adapters.model_client import open_models
from services.adapters.settings import ModelSettings
from services.adapters.wire.methods import FULL_NAME
from services.core import codec, recipes
from services.core.model import Artifact, Language
from services.core.ports import Models, Progress
from services.core.requests import Service, StoryboardRequest
from tests.e2e.harness import RunningStack
from tests.vllm.conftest import Vllm
from tests.vllm.stories import STORIES, written_by_the_model

pytestmark = [pytest.mark.vllm, pytest.mark.timeout(1200)]


def test_a_story_becomes_a_storyboard(stack_with_inprocess: RunningStack) -> None:
    with stack_with_inprocess.client() as client:
        story = client.made_story(STORIES[Language.EN], shots=3)
        shots = client.shots(story["id"])
    assert len(shots) == 3
    assert any(written_by_the_model(shot) for shot in shots), shots


async def test_the_same_seed_gives_the_same_storyboard_and_says_what_it_cost(vllm: Vllm) -> None:
    async with open_models(ModelSettings(model_address=vllm.address())) as models:
        engine = await models.engine(Service.STORYBOARDS)
        assert engine.name == "vllm-inprocess"
        assert engine.revision.startswith("tiny@")
        one = await _made(models, _request(seed=7))
        other = await _made(models, _request(seed=8))
        # Another title makes another recipe, so it is made again and not found.
        again = await _made(models, _request(seed=7, style="movie "))
    assert codec.storyboard_from_json(one.meta["storyboard"]) != codec.storyboard_from_json(other.meta["storyboard"])
    assert one.meta["storyboard"] == again.meta["storyboard"]
    usage = one.meta["usage"]
    assert usage["prompt_tokens"] > 100
    assert usage["completion_tokens"] > 100
    assert usage["seconds"] > 0


async def test_a_cancel_stops_the_model(vllm: Vllm) -> None:
    begun = asyncio.Event()

    def on_progress(progress: Progress) -> None:
        if progress.fraction > 0:
            begun.set()

    async with open_models(ModelSettings(model_address=vllm.address())) as models:
        request = _request(seed=1, shots=60, text=STORIES[Language.EN] * 20)
        key = recipes.key(request, await models.engine(Service.STORYBOARDS))
        making = asyncio.create_task(models.make(request, key, on_progress=on_progress))
        await asyncio.wait([making, asyncio.create_task(begun.wait())], return_when=asyncio.FIRST_COMPLETED)
        assert not making.done(), "it was made before it could be cancelled"
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        # Awaited in the service's log: the abort reaches vLLM's engine after the call has ended.
        await asyncio.to_thread(vllm.inprocess.await_said, " aborted.")
        await _made(models, _request(seed=2))


async def test_when_the_engine_died_health_says_so_until_it_is_started_anew(vllm: Vllm) -> None:
    """vLLM's engine is a process of its own, which the kernel may take."""
    engine = next(child for child in psutil.Process(vllm.inprocess.pid).children() if "EngineCore" in " ".join(child.cmdline()))
    async with aio.insecure_channel(vllm.address()) as channel:
        request = health_pb2.HealthCheckRequest(service=FULL_NAME[Service.STORYBOARDS])
        said = aiter(health_pb2_grpc.HealthStub(channel).Watch(request))
        assert (await anext(said)).status == health_pb2.HealthCheckResponse.SERVING
        os.kill(engine.pid, signal.SIGKILL)
        assert (await anext(said)).status == health_pb2.HealthCheckResponse.NOT_SERVING
        assert (await anext(said)).status == health_pb2.HealthCheckResponse.SERVING


def test_an_engine_that_died_is_started_anew_for_who_comes_meanwhile(vllm: Vllm, stack_with_inprocess: RunningStack) -> None:
    engine = next(child for child in psutil.Process(vllm.inprocess.pid).children() if "EngineCore" in " ".join(child.cmdline()))
    os.kill(engine.pid, signal.SIGKILL)
    with stack_with_inprocess.client() as client:
        story = client.made_story(STORIES[Language.EN], shots=2)
        assert len(client.shots(story["id"])) == 2


def _request(*, seed: int, shots: int = 2, text: str = STORIES[Language.EN], style: str = "movie") -> StoryboardRequest:
    return StoryboardRequest(text=text, title="The lamp", style=style, language=Language.EN, shots=shots, seed=seed)


async def _made(models: Models, request: StoryboardRequest) -> Artifact:
    key = recipes.key(request, await models.engine(request.service))
    return await models.make(request, key, on_progress=lambda _: None)
