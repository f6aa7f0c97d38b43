"""The model service at work: one run a key, however callers come, go and break, and nothing half-recorded."""

import asyncio
import errno
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast
from uuid import uuid4

import pytest
from grpc import aio
from storyreel.v1 import engines_pb2, engines_pb2_grpc, speech_pb2, speech_pb2_grpc

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.settings import ModelSettings
from services.core import recipes
from services.core.errors import (
    DeadlineExceeded,
    EngineFailed,
    FailedPrecondition,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from services.core.model import Artifact, Digest, Engine, Key, Language
from services.core.ports import Models, Progress
from services.core.requests import ClipRequest, KeyframeRequest, Request, Service, SpeechRequest
from services.model_service.engine import Job, Output
from services.model_service.engines.blank import BlankKeyframes, BlankSpeech
from tests.fixtures.models import HeldSpeech, ModelService, ServeModels


def unheard(_progress: Progress) -> None:
    """Nobody looks."""


def line() -> SpeechRequest:
    return SpeechRequest(text=f"line {uuid4()}", language=Language.EN)


def picture(seed: int = 1) -> KeyframeRequest:
    return KeyframeRequest(prompt="a dog", style="movie", language=Language.EN, width=64, height=48, seed=seed)


async def key_of(models: Models, request: Request) -> Key:
    return recipes.key(request, await models.engine(request.service))


async def make(models: Models, request: Request) -> Artifact:
    return await models.make(request, await key_of(models, request), on_progress=unheard)


def start(models: Models, request: Request, key: Key) -> tuple[asyncio.Task[Artifact], asyncio.Event]:
    """A caller, and the event that the engine reports to it."""
    begun = asyncio.Event()
    return asyncio.create_task(models.make(request, key, on_progress=lambda _: begun.set())), begun


async def one_queued(service: ModelService) -> None:
    """Returns when one line waits for a worker."""
    while service.metrics.get_sample_value("storyreel_engine_queue_length", {"service": "speech"}) != 1:  # noqa: ASYNC110
        await asyncio.sleep(0)  # a gauge has no event; each turn lets the server work


def entries(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.fixture
async def held() -> HeldSpeech:
    return HeldSpeech()


@pytest.fixture
async def raw(model_service: ModelService) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(model_service.address) as channel:
        yield channel


# -- what is recorded ----------------------------------------------------------------------------------------------------------


async def test_an_empty_key_is_computed_and_a_second_call_is_cached(model_service: ModelService, raw: aio.Channel) -> None:
    stub = speech_pb2_grpc.SpeechStub(raw)
    results = []
    for _ in range(2):
        updates = [u async for u in stub.GenerateSpeech(speech_pb2.GenerateSpeechRequest(text="Hello you.", language="en"))]
        results.append(updates[-1].result)
    first, second = results
    assert (first.info.cached, second.info.cached) == (False, True)
    assert (
        first.info.key
        == second.info.key
        == recipes.key(SpeechRequest(text="Hello you.", language=Language.EN), Engine("blank", "1"))
    )
    assert [word.text for word in second.words] == ["Hello", "you."]
    assert cast(MemoryMedia, model_service.media).documents.keys() == {f"artifacts/{first.info.key}.json"}


async def test_a_record_outlives_the_process(serve_models: ServeModels, held: HeldSpeech) -> None:
    media, request = MemoryMedia(), line()
    async with serve_models(media) as service, open_models(service.settings) as models:
        first = await make(models, request)
    async with serve_models(media, {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        assert await make(models, request) == first
    assert held.begun == 0


@pytest.mark.parametrize("damage", ["media lost", "media cut", "document garbled"])
async def test_a_damaged_record_is_made_again(serve_models: ServeModels, held: HeldSpeech, damage: str) -> None:
    media, request = MemoryMedia(), line()
    async with serve_models(media, {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        first = await make(models, request)
        match damage:
            case "media lost":
                media.media.clear()
            case "media cut":
                digest = first.parts["audio"].digest
                media.media[digest] = media.media[digest][:-1]
            case _:
                media.documents = dict.fromkeys(media.documents, b"{")
        again = await make(models, request)
    assert again.parts == first.parts
    assert held.runs == 2


async def test_a_full_store_is_said_and_nothing_is_half_recorded(model_service: ModelService) -> None:
    media = cast(MemoryMedia, model_service.media)
    async with open_models(model_service.settings) as models:
        for capacity in (0, 120):  # not even the picture fits; the picture fits, its document does not
            media.capacity = capacity
            with pytest.raises(ResourceExhausted) as caught:
                await make(models, picture())
            assert caught.value.reason == "STORAGE_FULL"
            assert media.documents == {}
        media.capacity = None
        assert (await make(models, picture())).parts["image"].size > 0


class FullDisk(BlankKeyframes):
    def run(self, request: KeyframeRequest, job: Job) -> Output:
        raise OSError(errno.ENOSPC, "No space left on device", "/scratch/secret")


class Buggy(BlankSpeech):
    def run(self, request: SpeechRequest, job: Job) -> Output:
        (job.folder / "half").write_bytes(b"written")
        raise ValueError("the weights at /srv/secret are odd")


class Forgetful(BlankSpeech):
    def run(self, request: SpeechRequest, job: Job) -> Output:
        return Output(super().run(request, job).files, {"seconds": 1.0})


class Reader(BlankSpeech):
    """Speaks a line whose text is a digest, after reading it twice."""

    def run(self, request: SpeechRequest, job: Job) -> Output:
        first, again = job.media(Digest(request.text)), job.media(Digest(request.text))
        assert first.read_bytes() == again.read_bytes() == b"input"
        return super().run(request, job)


async def test_a_full_scratch_disk_is_said_so(serve_models: ServeModels) -> None:
    async with (
        serve_models(MemoryMedia(), {Service.KEYFRAMES: FullDisk()}) as service,
        open_models(service.settings) as models,
    ):
        with pytest.raises(ResourceExhausted) as caught:
            await make(models, picture())
    assert caught.value.reason == "STORAGE_FULL"


async def test_an_engines_bug_ends_one_call_and_shows_no_internals(serve_models: ServeModels, tmp_path: Path) -> None:
    async with serve_models(MemoryMedia(), {Service.SPEECH: Buggy()}) as service, open_models(service.settings) as models:
        with pytest.raises(EngineFailed) as caught:
            await make(models, line())
        await make(models, picture())
    assert caught.value.reason == "ENGINE_FAILED"
    assert "ValueError" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert entries(tmp_path) == []


async def test_an_engine_that_lacks_what_its_kind_promises_has_failed(serve_models: ServeModels) -> None:
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: Forgetful()}) as service,
        open_models(service.settings) as models,
    ):
        with pytest.raises(EngineFailed, match="its speech lacks words"):
            await make(models, line())


async def test_an_engine_reads_media_from_its_thread(serve_models: ServeModels, tmp_path: Path) -> None:
    media = MemoryMedia()
    ref = await media.put(b"input", "text/plain")
    async with serve_models(media, {Service.SPEECH: Reader()}) as service, open_models(service.settings) as models:
        await make(models, SpeechRequest(text=ref.digest, language=Language.EN))
        with pytest.raises(NotFound) as caught:
            await make(models, SpeechRequest(text="0" * 64, language=Language.EN))
    assert caught.value.reason == "MEDIA_MISSING"
    assert caught.value.params == {"digest": "0" * 64}
    assert entries(tmp_path) == []


# -- callers that come and go --------------------------------------------------------------------------------------------------


async def test_cancelling_reaches_a_slow_engine_well_within_a_second(serve_models: ServeModels, held: HeldSpeech) -> None:
    held.hold()
    async with serve_models(MemoryMedia(), {Service.SPEECH: held}) as service, open_models(service.settings) as models:
        request = line()
        caller, begun = start(models, request, await key_of(models, request))
        await begun.wait()
        cancelled_at = time.monotonic()
        caller.cancel()
        await asyncio.wait([caller])
        await asyncio.wait_for(held.stopped.wait(), 5)
        assert time.monotonic() - cancelled_at < 0.7
    assert held.runs == 0


async def test_a_deserted_generation_lingers_and_is_then_stopped(serve_models: ServeModels, held: HeldSpeech) -> None:
    held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}, linger_seconds=0.3) as service,
        aio.insecure_channel(service.address) as channel,
    ):
        call = speech_pb2_grpc.SpeechStub(channel).GenerateSpeech(speech_pb2.GenerateSpeechRequest(text="Hi.", language="en"))
        assert (await anext(aiter(call))).progress.stage == "held"
        left_at = time.monotonic()
        call.cancel()
        await asyncio.wait_for(held.stopped.wait(), 5)
        assert time.monotonic() - left_at >= 0.3


async def test_who_comes_back_in_time_finds_the_generation_still_running(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}, linger_seconds=30) as service,
        aio.insecure_channel(service.address) as channel,
    ):
        stub = speech_pb2_grpc.SpeechStub(channel)
        first = stub.GenerateSpeech(speech_pb2.GenerateSpeechRequest(text="Hi.", language="en"))
        await first.read()
        first.cancel()
        updates = aiter(stub.GenerateSpeech(speech_pb2.GenerateSpeechRequest(text="Hi.", language="en")))
        assert (await anext(updates)).progress.stage == "held"
        gate.set()
        assert [update async for update in updates][-1].HasField("result")
    assert (held.begun, held.runs) == (1, 1)


async def test_abandon_leaves_what_somebody_waits_for(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}) as service,
        open_models(service.settings) as models,
        aio.insecure_channel(service.address) as channel,
    ):
        request = line()
        key = await key_of(models, request)
        caller, begun = start(models, request, key)
        await begun.wait()
        stub = engines_pb2_grpc.EnginesStub(channel)
        assert not (await stub.AbandonGeneration(engines_pb2.AbandonGenerationRequest(key=key))).stopped
        assert not (await stub.AbandonGeneration(engines_pb2.AbandonGenerationRequest(key="0" * 64))).stopped
        gate.set()
        assert (await caller).key == key


async def test_a_full_queue_says_when_to_come_back(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}, speech_workers=1, queue_limit=1) as service,
        open_models(service.settings) as models,
    ):
        requests = [line() for _ in range(3)]
        keys = [await key_of(models, request) for request in requests]
        running, begun = start(models, requests[0], keys[0])
        await begun.wait()
        waiting, _ = start(models, requests[1], keys[1])
        await one_queued(service)
        with pytest.raises(ResourceExhausted) as caught:
            await models.make(requests[2], keys[2], on_progress=unheard)
        assert caught.value.reason == "MODEL_BUSY"
        assert caught.value.retry_after is not None
        assert caught.value.retry_after >= 0.5
        gate.set()
        await asyncio.gather(running, waiting)
        assert service.metrics.get_sample_value("storyreel_engine_queue_length", {"service": "speech"}) == 0


async def test_a_waiting_generation_that_is_called_off_never_begins(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}, speech_workers=1) as service,
        open_models(service.settings) as models,
    ):
        first, second = line(), line()
        running, begun = start(models, first, await key_of(models, first))
        await begun.wait()
        waiting, _ = start(models, second, await key_of(models, second))
        await one_queued(service)
        waiting.cancel()
        await asyncio.wait([waiting])
        gate.set()
        await running
    assert held.begun == 1


async def test_a_deadline_ends_the_call_and_lets_the_engine_go(serve_models: ServeModels, held: HeldSpeech) -> None:
    held.hold()
    async with serve_models(MemoryMedia(), {Service.SPEECH: held}, linger_seconds=0) as service:
        settings = ModelSettings(model_address=service.address, model_timeout_seconds=0.3)
        async with open_models(settings) as models:
            with pytest.raises(DeadlineExceeded) as caught:
                await make(models, line())
            assert caught.value.reason == "MODEL_TIMEOUT"
            assert caught.value.params["service"] == "speech"
            await asyncio.wait_for(held.stopped.wait(), 5)


async def test_a_drain_lets_calls_finish(serve_models: ServeModels, held: HeldSpeech) -> None:
    gate = held.hold()
    async with serve_models(MemoryMedia(), {Service.SPEECH: held}, drain_seconds=30) as service:
        models_context = open_models(service.settings)
        models = await models_context.__aenter__()
        request = line()
        key = await key_of(models, request)
        caller, begun = start(models, request, key)
        await begun.wait()
        # The server stops while the gate is still closed; only its drain lets the caller have an answer.
        asyncio.get_running_loop().call_later(0.2, gate.set)
    assert (await caller).key == key
    await models_context.__aexit__(None, None, None)


# -- what the loop and the operator see ----------------------------------------------------------------------------------------


class Blocking(BlankSpeech):
    def run(self, request: SpeechRequest, job: Job) -> Output:
        time.sleep(0.6)
        return super().run(request, job)


async def test_a_blocking_engine_does_not_block_the_loop(serve_models: ServeModels) -> None:
    lag = 0.0

    async def watch() -> None:
        nonlocal lag
        while True:
            before = time.monotonic()
            await asyncio.sleep(0.005)
            lag = max(lag, time.monotonic() - before - 0.005)

    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: Blocking()}) as service,
        open_models(service.settings) as models,
    ):
        request = line()
        key = await key_of(models, request)
        watching = asyncio.create_task(watch())
        await models.make(request, key, on_progress=unheard)
        watching.cancel()
    assert lag < 0.3


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
