"""What the event loop, the metrics and a caller of what is not served see of the model service."""

import asyncio
import threading

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.core.errors import (
    FailedPrecondition,
    Unavailable,
)
from services.core.model import Digest, Key
from services.core.requests import ClipRequest, Service, SpeechRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankSpeech
from tests.fixtures.models import HeldSpeech, ServeModels, key_of, line, make, picture, start, unheard


class Blocking(BlankSpeech):
    """Holds its thread, as native code does, until `gate` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.gate = threading.Event()
        self._loop = asyncio.get_running_loop()

    def run(self, request: SpeechRequest, job: Job) -> Output:
        self._loop.call_soon_threadsafe(self.begun.set)
        assert self.gate.wait(30)
        return super().run(request, job)


async def test_a_blocking_engine_does_not_block_the_loop(serve_models: ServeModels) -> None:
    blocking = Blocking()
    async with serve_models(MemoryMedia(), {Service.SPEECH: blocking}) as service, open_models(service.settings) as models:
        blocked = asyncio.create_task(make(models, line()))
        await blocking.begun.wait()
        await make(models, picture())
        assert not blocked.done()
        blocking.gate.set()
        await blocked


async def test_metrics_count_calls_runs_hits_and_attaches(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with serve_models(MemoryMedia(), {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        request = line()
        key = await key_of(models, request)
        callers, begun = zip(*(start(models, request, key) for _ in range(2)), strict=True)
        await asyncio.gather(*(event.wait() for event in begun))
        gate.set()
        await asyncio.gather(*callers)
        await models.make(request, key, on_progress=unheard)
        with pytest.raises(FailedPrecondition):
            await models.make(request, Key("0" * 64), on_progress=unheard)

    def value(name: str, **labels: str) -> float | None:
        return service.metrics.get_sample_value(f"storyreel_engine_{name}", {"service": "speech", **labels})

    call = {"kind": "speech", "engine": "blank"}
    assert value("calls_total", **call, outcome="made") == 2
    assert value("calls_total", **call, outcome="cached") == 1
    assert value("calls_total", **call, outcome="failed_precondition") == 1
    assert value("seconds_count", **call) == 1
    assert value("cache_hits_total", kind="speech") == 1
    assert value("single_flight_attaches_total", kind="speech") == 1
    assert value("in_flight") == 0


async def test_a_service_that_is_not_there_is_named(serve_models: ServeModels) -> None:
    clip = ClipRequest(keyframe={"image": Digest("0" * 64)}, camera="", frames=1, fps=1, width=64, height=64, seed=0)
    async with serve_models(MemoryMedia(), services=(Service.SPEECH,)) as service, open_models(service.settings) as models:
        with pytest.raises(Unavailable) as caught:
            await models.engine(Service.CLIPS)
        assert caught.value.reason == "SERVICE_NOT_SERVED"
        with pytest.raises(Unavailable) as caught:
            await models.make(clip, Key("0" * 64), on_progress=unheard)
        assert (caught.value.reason, caught.value.params["service"]) == ("SERVICE_NOT_SERVED", "clips")
        with pytest.raises(Unavailable) as caught:
            await models.ready()
        assert caught.value.params["parts"] == "storyboards, keyframes, clips, films"
