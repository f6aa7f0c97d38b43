"""Connections that break, services that restart, processes that are told to stop: nothing made is lost."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from services.adapters.memory.media import MemoryMedia
from services.adapters.model_client import open_models
from services.adapters.settings import ModelSettings
from services.core.errors import FailedPrecondition, Unavailable
from services.core.model import Engine, Key
from services.core.ports import Progress
from services.core.requests import Service
from services.model_service import registry
from services.model_service.engines.blank import BlankSpeech
from tests.fixtures.models import HeldSpeech, ServeModels, key_of, line, make, unheard


class Proxy:
    """A TCP connection that a test can cut."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.connections = 0
        self.port = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            await asyncio.gather(*self._pumps, return_exceptions=True)

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        onward_reader, onward_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, onward_writer}
        for source, sink in ((reader, onward_writer), (onward_reader, writer)):
            pump = asyncio.create_task(self._pump(source, sink))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65536):
                sink.write(data)
                await sink.drain()
        sink.transport.abort()


async def test_a_broken_connection_attaches_again_and_makes_nothing_twice(serve_models: ServeModels) -> None:
    held = HeldSpeech()
    gate = held.hold()
    async with (
        serve_models(MemoryMedia(), {Service.SPEECH: held}) as service,
        Proxy(service.port).running() as proxy,
        open_models(ModelSettings(model_address=f"127.0.0.1:{proxy.port}")) as models,
    ):
        request = line()
        key = await key_of(models, request)
        reports: asyncio.Queue[Progress] = asyncio.Queue()
        caller = asyncio.create_task(models.make(request, key, on_progress=reports.put_nowait))
        await reports.get()
        proxy.cut()
        await asyncio.wait_for(reports.get(), 10)  # the generation's progress, over a new connection
        gate.set()
        assert (await caller).key == key
    assert proxy.connections >= 2
    assert (held.begun, held.runs) == (1, 1)


async def test_a_client_outlives_a_restart_of_the_service(serve_models: ServeModels) -> None:
    media, request = MemoryMedia(), line()
    async with serve_models(media) as service:
        models_context = open_models(service.settings)
        models = await models_context.__aenter__()
        first = await make(models, request)
        address = service.address
    async with serve_models(media, model_listen=address):
        assert await make(models, request) == first
        assert (await make(models, line())).kind == "speech"
        await models.ready()
    await models_context.__aexit__(None, None, None)


async def test_a_call_waits_out_a_restart(serve_models: ServeModels) -> None:
    held, media, request = HeldSpeech(), MemoryMedia(), line()
    held.hold()
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(serve_models(media, {Service.SPEECH: held}))
        models_stack = contextlib.AsyncExitStack()
        models = await models_stack.enter_async_context(open_models(service.settings))
        begun = asyncio.Event()
        key = await key_of(models, request)
        caller = asyncio.create_task(models.make(request, key, on_progress=lambda _: begun.set()))
        await begun.wait()
    assert held.stopped.is_set()
    async with serve_models(media, model_listen=service.address):
        assert (await caller).key == key
    await models_stack.aclose()


async def test_a_service_that_stays_away_is_unavailable(serve_models: ServeModels) -> None:
    async with serve_models(MemoryMedia()) as service:
        settings = service.settings
    async with open_models(settings) as models:
        with pytest.raises(Unavailable) as caught:
            await models.make(line(), Key("0" * 64), on_progress=unheard)
        assert (caught.value.reason, caught.value.params) == ("MODEL_UNAVAILABLE", {"service": "speech"})
        with pytest.raises(Unavailable, match="speech"):
            await models.engine(Service.SPEECH)


class NewSpeech(BlankSpeech):
    @property
    def identity(self) -> Engine:
        return Engine("blank", "2")


async def test_a_changed_engine_is_said_and_asked_for_anew(serve_models: ServeModels) -> None:
    media, request = MemoryMedia(), line()
    async with contextlib.AsyncExitStack() as stack:
        service = await stack.enter_async_context(serve_models(media))
        models_stack = contextlib.AsyncExitStack()
        models = await models_stack.enter_async_context(open_models(service.settings))
        old = await key_of(models, request)
    async with serve_models(media, {Service.SPEECH: NewSpeech()}, model_listen=service.address):
        with pytest.raises(FailedPrecondition) as caught:
            await models.make(request, old, on_progress=unheard)
        assert caught.value.reason == "ENGINE_CHANGED"
        assert await models.engine(Service.SPEECH) == Engine("blank", "2")
        assert (await make(models, request)).engine.version == "2"
    await models_stack.aclose()


# -- the process ---------------------------------------------------------------------------------------------------------------


async def _process(folder: Path, **changes: str) -> asyncio.subprocess.Process:
    environment = dict(os.environ) | {
        "STORYREEL_MODEL_LISTEN": "127.0.0.1:0",
        "STORYREEL_MEDIA_URL": folder.as_uri(),
        **{f"STORYREEL_{name}_ENGINE": "blank" for name in ("STORYBOARD", "KEYFRAME", "CLIP", "SPEECH", "FILM")},
        **changes,
    }
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.model_service", env=environment, stderr=asyncio.subprocess.PIPE
    )


async def _logged(process: asyncio.subprocess.Process, event: str) -> Mapping[str, Any]:
    """The first line logged as `event`."""
    assert process.stderr is not None
    seen = []
    async for raw in process.stderr:
        seen.append(raw.decode())
        with contextlib.suppress(ValueError):
            entry: Mapping[str, Any] = json.loads(raw)
            if entry["event"] == event:
                return entry
    raise AssertionError(f"ended without saying {event!r}: {seen}")


async def test_the_process_serves_and_stops_when_told(tmp_path: Path) -> None:
    process = await _process(tmp_path)
    try:
        entry = await _logged(process, "serving")
        async with open_models(ModelSettings(model_address=f"127.0.0.1:{entry['port']}")) as models:
            await models.ready()
            made = await make(models, line())
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert _stored(tmp_path) == {f"artifacts/{made.key}.json", f"media/{made.parts['audio'].digest}"}


async def test_the_process_says_which_engine_it_does_not_know(tmp_path: Path) -> None:
    process = await _process(tmp_path, STORYREEL_CLIP_ENGINE="blink")
    entry = await _logged(process, "the model service cannot serve")
    assert await process.wait() == 1
    known = ", ".join(sorted(registry.ENGINES[Service.CLIPS]))
    assert entry["problem"] == f"There is no engine blink for clips; choose one of: {known}."


def _stored(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
