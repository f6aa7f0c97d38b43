"""An engine whose process dies: health says so over gRPC until it runs again, however often starting it fails."""

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest
from grpc import aio
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.wire.methods import FULL_NAME
from services.core.errors import Unavailable
from services.core.requests import Service
from services.model_service import vitals
from services.model_service.engines.blank import BlankSpeech
from tests.fixtures.models import ServeModels, line, make

SERVING, NOT_SERVING = health_pb2.HealthCheckResponse.SERVING, health_pb2.HealthCheckResponse.NOT_SERVING


class ChildSpeech(BlankSpeech):
    """Keeps a process of its own, which `failures` keep from starting again."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__()
        self.child: subprocess.Popen[bytes] | None = None
        self._failures = failures

    def load(self) -> None:
        super().load()
        self.bury()
        self.child = subprocess.Popen([sys.executable, "-S", "-c", "input()"], stdin=subprocess.PIPE)

    def alive(self) -> bool:
        return self.child is not None and self.child.poll() is None

    def bury(self) -> None:
        if self.child is not None:
            self.child.kill()
            self.child.communicate()

    def revive(self) -> None:
        if self._failures:
            self._failures -= 1
            raise Unavailable("ENGINE_UPSTREAM", engine="child", problem="no room yet")
        self.load()


@contextmanager
def child_speech(failures: int = 0) -> Iterator[ChildSpeech]:
    engine = ChildSpeech(failures)
    try:
        yield engine
    finally:
        engine.bury()


@asynccontextmanager
async def health_of(address: str, service: str) -> AsyncIterator[AsyncIterator[int]]:
    """What is said of a service's health, whenever it changes."""
    async with aio.insecure_channel(address) as channel:
        watched = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service=service))
        yield (answer.status async for answer in watched)


@pytest.mark.parametrize("failures", [0, 2])
async def test_health_says_when_an_engine_has_died_and_when_it_is_back(
    serve_models: ServeModels, monkeypatch: pytest.MonkeyPatch, failures: int
) -> None:
    monkeypatch.setattr(vitals, "_FIRST_RETRY", 0.01)
    with child_speech(failures) as engine:
        async with (
            serve_models(MemoryMedia(), {Service.SPEECH: engine}) as service,
            health_of(service.address, FULL_NAME[Service.SPEECH]) as speech,
            health_of(service.address, "") as overall,
            health_of(service.address, FULL_NAME[Service.FILMS]) as films,
        ):
            assert [await anext(each) for each in (speech, overall, films)] == [SERVING] * 3
            assert engine.child is not None
            for _ in range(2):
                engine.child.kill()
                assert [await anext(each) for each in (speech, overall)] == [NOT_SERVING] * 2
                assert [await anext(each) for each in (speech, overall)] == [SERVING] * 2
                assert engine.alive()
            async with open_models(service.settings) as models:
                await make(models, line())
