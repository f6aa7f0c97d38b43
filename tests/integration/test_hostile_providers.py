"""Every remote engine against every way to misbehave: it never hangs, leaves nothing open, and sends nothing paid twice."""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest

from services.core.errors import ResourceExhausted, StoryreelError
from services.core.model import Engine
from services.core.requests import Request, Service
from services.model_service import registry
from services.model_service.engine import Job, Output
from services.model_service.engines.remote import backoff, polling
from services.model_service.engines.remote.comfyui import runs
from services.model_service.engines.remote.comfyui.settings import ComfySettings
from services.model_service.engines.remote.limits import Limits
from services.model_service.engines.remote.settings import ProviderSettings
from services.model_service.engines.remote.volcano.settings import VolcanoSettings
from services.model_service.engines.speech import sound
from services.model_service.fallback import FirstThatAnswers
from tests.fixtures.engine_job import EngineJob, KeptNotes
from tests.fixtures.hostile import BEHAVIOURS, LONG
from tests.fixtures.peer import Asked, Provider, provider
from tests.fixtures.remote_engines import ENGINES, IMAGE, VOICE, RemoteEngine, Stage, inline_picture, png

LIMITS = Limits(connect=1.0, silence=0.4, answer=0.8, attempts=2, largest_answer=500_000, largest_file=500_000)
PATIENCE = 20.0
"""Seconds after which a call counts as hanging."""
REASONS: Mapping[str, set[str]] = {
    "silent": {"PEER_TIMEOUT"},
    "trickling": {"PEER_TIMEOUT", "PEER_UNREADABLE"},
    "half-closing": {"PEER_UNREACHABLE", "PEER_UNREADABLE"},
    "slamming": {"PEER_UNREACHABLE"},
    "endless": {"PEER_ANSWER_TOO_LARGE", "PEER_TIMEOUT"},
    "busy for long": {"PEER_BUSY"},
    "busy for a moment": {"PEER_BUSY"},
    "broken": {"PEER_ERROR"},
    "a page": {"PEER_UNREADABLE"},
    "other JSON": {"PEER_UNEXPECTED", "PEER_UNREADABLE", "PEER_JOB_FAILED"},
    "leading astray": {"PEER_REDIRECTED", "PEER_PRIVATE_ADDRESS"},
}
"""What each is called. A paid call whose answer was lost is SUBMISSION_UNKNOWN; only ComfyUI can be asked whether it has it."""
IN_DOUBT = {"silent", "trickling", "half-closing", "slamming", "endless", "broken", "a page"}
"""After these nobody knows whether the provider has begun."""


def limited(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    for settings in (ProviderSettings, ComfySettings, VolcanoSettings):
        monkeypatch.setattr(settings, "limits", property(lambda _: limits))


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    return httpx2.create_ssl_context()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tls: ssl.SSLContext) -> None:
    limited(monkeypatch, LIMITS)
    monkeypatch.setattr(backoff, "_FIRST", 0.001)
    monkeypatch.setattr(polling, "_FIRST", 0.01)
    monkeypatch.setattr(runs, "_LISTENING", 0.2)
    monkeypatch.setattr(httpx2, "create_ssl_context", lambda: tls)  # 70 ms, hundreds of times


class Unreliable:
    """An honest provider that misbehaves at the calls for one stage."""

    def __init__(self, engine: RemoteEngine, stage: Stage, behaviour: str) -> None:
        self.submits = 0
        self.reached = False
        self.stage: Stage | None = stage
        self._honest = engine.honest()
        self._behaviour = BEHAVIOURS[behaviour]

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        stage, honest = self._honest(asked)
        self.submits += stage == "submit"
        if stage == self.stage:
            self.reached = True
            await self._behaviour(asked, writer)
        else:
            writer.write(honest)


async def tried(engine: RemoteEngine, found: Provider, tmp_path: Path, notes: KeptNotes) -> Output:
    """One attempt at the request, as the service makes it: another job after a crash, with the notes of the one before."""
    picture = tmp_path / "keyframe.png"
    picture.write_bytes(png())
    voice = sound.write(tmp_path / "voice.wav", np.full(sound.RATE // 4, 0.2, np.float32))
    job = EngineJob(tmp_path / f"job-{len(found.asked)}-{len(notes.written)}", {IMAGE: picture, VOICE: voice})
    job.notes = notes
    made = engine.build(found.url, tmp_path)
    made.load()
    try:
        return await asyncio.wait_for(asyncio.to_thread(made.run, engine.request, job), PATIENCE)
    finally:
        assert sum(file.stat().st_size for file in job.folder.rglob("*") if file.is_file()) <= LIMITS.largest_file + 100_000


async def all_closed(found: Provider) -> None:
    while found.open:
        found.closed.clear()
        await found.closed.wait()


def test_every_remote_engine_is_here() -> None:
    """A new one has to stand these trials too."""
    remote = {
        name
        for service in Service
        for name, paths in registry.ENGINES[service].items()
        if any(".engines.remote." in path or path.endswith(".llm.engine:Vllm") for path in paths)
    }
    assert remote == {name.removesuffix("-clips") for name in ENGINES}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("name", [name for name in ENGINES if name != "comfyui-clips"])  # which begins with an upload
async def test_a_provider_that_misbehaves_from_the_start(name: str, behaviour: str, tmp_path: Path) -> None:
    engine, notes = ENGINES[name], KeptNotes()
    submits: list[Asked] = []

    async def misbehave(asked: Asked, writer: asyncio.StreamWriter) -> None:
        if asked.method == "POST":
            submits.append(asked)
        await BEHAVIOURS[behaviour](asked, writer)

    counts = []
    async with provider(misbehave) as found:
        for _ in range(2):
            with pytest.raises(StoryreelError) as caught:
                await tried(engine, found, tmp_path, notes)
            counts.append(len(submits))
            lost = engine.paid and behaviour in IN_DOUBT | {"other JSON"} and not name.startswith("comfyui")
            assert caught.value.reason in REASONS[behaviour] | ({"SUBMISSION_UNKNOWN"} if lost else set())
            assert "sk-test" not in str(caught.value)
            if behaviour == "busy for long":
                assert isinstance(caught.value, ResourceExhausted)
                assert caught.value.retry_after == LONG
        await asyncio.wait_for(all_closed(found), PATIENCE)
    first, both = counts
    assert 1 <= first <= LIMITS.attempts
    if behaviour == "busy for a moment":
        assert first == LIMITS.attempts
    if engine.paid and behaviour in IN_DOUBT:
        assert both == first == 1


PAID = {name: engine for name, engine in ENGINES.items() if engine.paid and not name.startswith("comfyui")} | {
    "openai-images inline": replace(ENGINES["openai-images"], honest=inline_picture)
}


@pytest.mark.parametrize("name", PAID)
async def test_what_was_paid_for_is_not_paid_again_when_it_was_not_stored(name: str, tmp_path: Path) -> None:
    """Whether the provider answers at once, links to what it made, or is asked after: the process dies before it is stored."""
    engine, notes = PAID[name], KeptNotes()
    stages: list[Stage] = []
    answers = engine.honest()

    async def honest(asked: Asked, writer: asyncio.StreamWriter) -> None:
        stage, data = answers(asked)
        stages.append(stage)
        writer.write(data)

    async with provider(honest) as found:
        made = [await tried(engine, found, tmp_path, notes)]
        after = KeptNotes(json.loads(json.dumps(notes.written[-1])))
        made.append(await tried(engine, found, tmp_path, after))
    first, again = ({part: kept.path.read_bytes() for part, kept in output.files.items()} for output in made)
    assert again == first
    assert made[1].meta == made[0].meta
    assert stages.count("submit") == 1


LATER = [(name, stage) for name, engine in ENGINES.items() for stage in engine.later]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize(("name", "stage"), LATER)
async def test_a_provider_that_misbehaves_later_is_not_paid_again(
    name: str, stage: Stage, behaviour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine, notes = ENGINES[name], KeptNotes()
    server = Unreliable(engine, stage, behaviour)
    async with provider(server) as found:
        with pytest.raises(StoryreelError) as caught:
            await tried(engine, found, tmp_path, notes)
        assert caught.value.reason in REASONS[behaviour]
        assert server.reached
        server.stage = None
        limited(monkeypatch, Limits())
        output = await tried(engine, found, tmp_path, notes)
        await asyncio.wait_for(all_closed(found), PATIENCE)
    assert output.files
    assert server.submits == 1


ASKED_AFTER = [name for name, engine in ENGINES.items() if "poll" in engine.later and not name.startswith("comfyui")]


@pytest.mark.parametrize("name", ASKED_AFTER)
async def test_a_paid_job_that_is_not_answered_for_is_not_left_to_another_engine(name: str, tmp_path: Path) -> None:
    engine, notes = ENGINES[name], KeptNotes()
    server = Unreliable(engine, "poll", "silent")
    either = replace(
        engine, build=lambda url, folder: FirstThatAnswers({name: lambda: engine.build(url, folder), "second": NeverAsked})
    )
    async with provider(server) as found:
        with pytest.raises(StoryreelError) as caught:
            await tried(either, found, tmp_path, notes)
        assert caught.value.reason == "PEER_TIMEOUT"
        server.stage = None
        output = await tried(either, found, tmp_path, notes)
    assert output.meta["made_by"] == name
    assert server.submits == 1


class NeverAsked:
    """The engine that stands in for another, which has a job under way."""

    identity = Engine("second", "1")

    def load(self) -> None:
        """At once."""

    def run(self, request: Request, job: Job) -> Output:
        raise AssertionError("it was asked")
