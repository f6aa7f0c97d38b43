"""What any gRPC client sees: status details, health, reflection."""

import asyncio
import threading
from collections.abc import AsyncIterable, AsyncIterator

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from storyreel.v1 import clips_pb2, clips_pb2_grpc, engines_pb2, engines_pb2_grpc, keyframes_pb2, keyframes_pb2_grpc

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.core.errors import EngineFailed, Unavailable
from services.core.requests import Service
from services.model_service.engines.blank import BlankKeyframes
from tests.fixtures.models import ModelService, ServeModels

FULL_NAMES = {f"storyreel.v1.{name}" for name in ("Storyboards", "Keyframes", "Clips", "Speech", "Films", "Engines")}


@pytest.fixture
async def channel(model_service: ModelService) -> AsyncIterator[aio.Channel]:
    async with aio.insecure_channel(model_service.address) as channel:
        yield channel


def keyframe(**changes: object) -> keyframes_pb2.GenerateKeyframeRequest:
    request = keyframes_pb2.GenerateKeyframeRequest(prompt="a dog", language="en", width=64, height=48, seed=1)
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def refusal(call: AsyncIterable[object]) -> tuple[aio.AioRpcError, status_pb2.Status]:
    with pytest.raises(aio.AioRpcError) as caught:
        async for _ in call:
            pass
    status = rpc_status.from_call(caught.value)
    assert status is not None
    return caught.value, status


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"width": 1001}, "width", "NOT_A_MULTIPLE"),
        ({"height": 1928}, "height", "OUT_OF_RANGE"),
        ({"width": 0}, "width", "OUT_OF_RANGE"),
        ({"prompt": "  "}, "prompt", "EMPTY_TEXT"),
        ({"language": "fr"}, "language", "UNKNOWN_VALUE"),
        ({"seed": -1}, "seed", "OUT_OF_RANGE"),
        ({"steps": 0}, "steps", "OUT_OF_RANGE"),
        ({"guidance_scale": float("nan")}, "guidance_scale", "OUT_OF_RANGE"),
        ({"key": "../../etc/passwd"}, "key", "BAD_DIGEST"),
    ],
)
async def test_a_wrong_field_is_named(channel: aio.Channel, changes: dict[str, object], field: str, reason: str) -> None:
    error, status = await refusal(keyframes_pb2_grpc.KeyframesStub(channel).GenerateKeyframe(keyframe(**changes)))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(bad)
    assert (info.domain, info.reason, info.metadata["kind"]) == ("storyreel.dev", reason, "invalid_argument")
    (violation,) = bad.field_violations
    assert violation.field == field
    assert violation.description == error.details()


async def test_a_clip_of_nothing_is_refused(channel: aio.Channel) -> None:
    request = clips_pb2.GenerateClipRequest(frames=24, fps=12, width=64, height=48, keyframe={"layers": "0" * 64})
    error, _ = await refusal(clips_pb2_grpc.ClipsStub(channel).GenerateClip(request))
    assert error.details() == "keyframe.image is missing; send it."


async def test_another_engines_key_is_a_failed_precondition(channel: aio.Channel) -> None:
    error, status = await refusal(keyframes_pb2_grpc.KeyframesStub(channel).GenerateKeyframe(keyframe(key="0" * 64)))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    info = error_details_pb2.ErrorInfo()
    assert status.details[0].Unpack(info)
    assert (info.reason, dict(info.metadata)) == ("ENGINE_CHANGED", {"service": "keyframes", "kind": "failed_precondition"})


async def test_engines_are_listed(channel: aio.Channel) -> None:
    listed = await engines_pb2_grpc.EnginesStub(channel).ListEngines(engines_pb2.ListEnginesRequest())
    assert {name: engine.name for name, engine in listed.engines.items()} == dict.fromkeys(Service, "blank")


async def test_reflection_lists_and_describes_the_services(channel: aio.Channel) -> None:
    async def questions() -> AsyncIterator[reflection_pb2.ServerReflectionRequest]:
        yield reflection_pb2.ServerReflectionRequest(list_services="")
        yield reflection_pb2.ServerReflectionRequest(file_containing_symbol="storyreel.v1.Keyframes")

    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    listed, described = [answer async for answer in stub.ServerReflectionInfo(questions())]
    names = {service.name for service in listed.list_services_response.service}
    assert names == FULL_NAMES | {"grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert b"GenerateKeyframe" in b"".join(described.file_descriptor_response.file_descriptor_proto)


class SlowToLoad(BlankKeyframes):
    """Loads when it is told to; transiently unable the first time, broken for good if `broken`."""

    def __init__(self, *, broken: bool = False) -> None:
        super().__init__()
        self.go = threading.Event()
        self.attempts = 0
        self._broken = broken

    def load(self) -> None:
        self.attempts += 1
        if self.attempts == 1 and not self._broken:
            raise Unavailable("ENGINE_UPSTREAM", engine="slow", problem="starting", retry_after=0.01)
        self.go.wait(30)
        if self._broken:
            raise EngineFailed("ENGINE_FAILED", engine="slow", problem="the weights are missing")


async def test_a_service_is_serving_when_its_engine_is_loaded(serve_models: ServeModels) -> None:
    slow = SlowToLoad()
    async with (
        serve_models(MemoryMedia(), {Service.KEYFRAMES: slow}, wait=False) as service,
        aio.insecure_channel(service.address) as channel,
        open_models(service.settings) as models,
    ):
        health = health_pb2_grpc.HealthStub(channel)

        async def status(name: str) -> int:
            return int((await health.Check(health_pb2.HealthCheckRequest(service=name))).status)

        watch = health.Watch(health_pb2.HealthCheckRequest(service="storyreel.v1.Speech"))
        async for seen in watch:
            if seen.status == health_pb2.HealthCheckResponse.SERVING:
                break
        watch.cancel()
        assert await status("storyreel.v1.Keyframes") == health_pb2.HealthCheckResponse.NOT_SERVING
        assert await status("") == health_pb2.HealthCheckResponse.NOT_SERVING
        with pytest.raises(Unavailable) as caught:
            await models.engine(Service.KEYFRAMES)
        assert caught.value.reason == "MODEL_UNAVAILABLE"
        error, _ = await refusal(keyframes_pb2_grpc.KeyframesStub(channel).GenerateKeyframe(keyframe()))
        assert error.code() is grpc.StatusCode.UNAVAILABLE

        slow.go.set()
        await asyncio.wait_for(service.loaded(), 30)
        assert slow.attempts == 2
        assert await status("storyreel.v1.Keyframes") == health_pb2.HealthCheckResponse.SERVING
        assert await status("") == health_pb2.HealthCheckResponse.SERVING
        await models.ready()


async def test_an_engine_that_cannot_load_is_told(serve_models: ServeModels) -> None:
    broken = SlowToLoad(broken=True)
    broken.go.set()
    async with serve_models(MemoryMedia(), {Service.KEYFRAMES: broken}, wait=False) as service:
        with pytest.raises(ExceptionGroup) as caught:
            await service.loaded()
    assert caught.group_contains(EngineFailed, match="the weights are missing")


async def test_a_taken_port_is_said(serve_models: ServeModels, model_service: ModelService) -> None:
    with pytest.raises(Unavailable) as caught:
        async with serve_models(MemoryMedia(), model_listen=model_service.address):
            pass
    assert (caught.value.reason, caught.value.params["address"]) == ("CANNOT_LISTEN", model_service.address)
