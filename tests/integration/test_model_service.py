"""Callers of the model service that come, go, wait and give up: one run a key, whatever they do."""

import asyncio
import time

import pytest
from grpc import aio
from storyreel.v1 import engines_pb2, engines_pb2_grpc, speech_pb2, speech_pb2_grpc

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.settings import ModelSettings
from services.core.errors import (
    DeadlineExceeded,
    ResourceExhausted,
)
from services.core.requests import Service
from tests.fixtures.models import HeldSpeech, ServeModels, key_of, line, make, start, unheard


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
        await service.queued()
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
        await service.queued()
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
