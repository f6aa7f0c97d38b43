"""Every remote engine against every way to misbehave: it never hangs, leaves nothing open, and sends nothing paid twice."""

import asyncio
import json
import ssl
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import httpx2
import numpy as np
import pytest

from services.core.errors import Cancelled, ResourceExhausted, StoryreelError
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
from tests.fixtures.remote_engines import ENGINES, IMAGE, LOOKING, VOICE, Honest, RemoteEngine, Stage, comfy, inline_picture, png

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
    "bottomless JSON": {"PEER_UNREADABLE"},
    "leading astray": {"PEER_REDIRECTED", "PEER_PRIVATE_ADDRESS"},
}
"""What each is called. A paid call whose answer was lost is SUBMISSION_UNKNOWN; only ComfyUI can be asked whether it has it."""
IN_DOUBT = {"silent", "trickling", "half-closing", "slamming", "endless", "broken", "a page", "bottomless JSON"}
"""After these nobody knows whether the provider has begun."""
REFUSING = {"busy for long", "busy for a moment", "leading astray"}
"""These say that it has not."""


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
    """An honest provider that misbehaves at some stages, after it has heard what it is asked.

    `asked` counts calls by stage, `taken` those of them that it may charge for.
    """

    def __init__(self, honest: Honest, misbehaves: Mapping[Stage, str]) -> None:
        self.asked = Counter[Stage]()
        self.taken = Counter[Stage]()
        self.misbehaves = misbehaves
        self.loses: Callable[[Asked], bool] = lambda _: False
        """What it never hears."""
        self._honest = honest

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        if self.loses(asked):
            raise ConnectionResetError
        stage, data = self._honest(asked)
        behaviour = self.misbehaves.get(stage)
        self.asked[stage] += 1
        self.taken[stage] += behaviour not in REFUSING
        if behaviour is None:
            writer.write(data)
        else:
            await BEHAVIOURS[behaviour](asked, writer)

    @property
    def paid_once(self) -> bool:
        """At most: of what it refused, a job may have begun all the same."""
        return max(self.taken["submit"], self.taken["look"]) <= 1


async def tried(
    engine: RemoteEngine, found: Provider, tmp_path: Path, notes: KeptNotes, cancel: Callable[[], bool] = lambda: False
) -> Output:
    """One attempt at the request, as the service makes it: another job after a crash, with the notes of the one before."""
    picture = tmp_path / "keyframe.png"
    picture.write_bytes(png())
    voice = sound.write(tmp_path / "voice.wav", np.full(sound.RATE // 4, 0.2, np.float32))
    job = CancelledWhen(cancel, tmp_path / f"job-{len(found.asked)}-{len(notes.written)}", {IMAGE: picture, VOICE: voice})
    job.notes = notes

    def run() -> Output:
        made = engine.build(found.url, tmp_path)
        made.load()
        return made.run(engine.request, job)

    try:
        return await asyncio.wait_for(asyncio.to_thread(run), PATIENCE)
    finally:
        assert sum(file.stat().st_size for file in job.folder.rglob("*") if file.is_file()) <= LIMITS.largest_file + 100_000


class CancelledWhen(EngineJob):
    def __init__(self, cancel: Callable[[], bool], folder: Path, media: dict[str, Path]) -> None:
        super().__init__(folder, media)
        self._cancel = cancel

    def check(self) -> None:
        if self._cancel():
            raise Cancelled("CANCELLED")


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


LATER = [(name, stage) for name, engine in {**ENGINES, "vllm": LOOKING}.items() for stage in engine.later]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize(("name", "stage"), LATER)
async def test_a_provider_that_misbehaves_later_is_not_paid_again(
    name: str, stage: Stage, behaviour: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each call of an engine: it ends typed and in time, and what may have been charged is asked after, never sent anew."""
    engine, notes = LOOKING if name == "vllm" else ENGINES[name], KeptNotes()
    server = Unreliable(engine.honest(), {stage: behaviour})
    lost = stage == "submit" and engine.paid and behaviour not in REFUSING
    found_again = lost and name.startswith("comfyui") and behaviour in IN_DOUBT  # by its token
    for_good = lost and not name.startswith("comfyui")
    async with provider(server) as found:
        if found_again:
            await tried(engine, found, tmp_path, notes)
        else:
            with pytest.raises(StoryreelError) as caught:
                await tried(engine, found, tmp_path, notes)
            assert caught.value.reason in REASONS[behaviour] | ({"SUBMISSION_UNKNOWN"} if lost else set())
        assert server.asked[stage]
        server.misbehaves = {}
        limited(monkeypatch, Limits())
        if for_good:
            with pytest.raises(StoryreelError) as caught:
                await tried(engine, found, tmp_path, notes)
            assert caught.value.reason == "SUBMISSION_UNKNOWN"
        else:
            assert (await tried(engine, found, tmp_path, notes)).files or not engine.paid
        await asyncio.wait_for(all_closed(found), PATIENCE)
    assert server.paid_once or not engine.paid


COMFY = ENGINES["comfyui"]


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_server_whose_websocket_misbehaves_is_asked_instead(behaviour: str, tmp_path: Path) -> None:
    server = Unreliable(COMFY.honest(), {"listen": behaviour})
    async with provider(server) as found:
        assert (await tried(COMFY, found, tmp_path, KeptNotes())).files
        await asyncio.wait_for(all_closed(found), PATIENCE)
    assert server.asked["listen"]
    assert server.paid_once


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
async def test_a_server_that_misbehaves_when_it_is_asked_for_a_job_that_it_never_heard_of(behaviour: str, tmp_path: Path) -> None:
    server, notes = Unreliable(COMFY.honest(), {"listing": behaviour}), KeptNotes()
    server.loses = lambda asked: asked.path == "/prompt"
    async with provider(server) as found:
        with pytest.raises(StoryreelError) as caught:
            await tried(COMFY, found, tmp_path, notes)
        assert caught.value.reason in REASONS[behaviour] | {"PEER_JOB_FAILED"}
        assert server.asked["listing"]
        server.loses, server.misbehaves = lambda _: False, {}
        assert (await tried(COMFY, found, tmp_path, notes)).files
        await asyncio.wait_for(all_closed(found), PATIENCE)
    assert server.paid_once


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
@pytest.mark.parametrize("stage", ["queue", "remove", "interrupt"])
async def test_a_cancel_ends_whatever_the_server_makes_of_it(stage: Stage, behaviour: str, tmp_path: Path) -> None:
    server = Unreliable(comfy("made.png", png, ends=False), {})

    def running() -> bool:
        if not server.taken["submit"]:
            return False
        server.misbehaves = {stage: behaviour}
        return True

    async with provider(server) as found:
        with pytest.raises(Cancelled):
            await tried(COMFY, found, tmp_path, KeptNotes(), running)
        await asyncio.wait_for(all_closed(found), PATIENCE)
    assert server.asked[stage]
    assert server.paid_once


ASKED_AFTER = [name for name, engine in ENGINES.items() if "poll" in engine.later and not name.startswith("comfyui")]


@pytest.mark.parametrize("name", ASKED_AFTER)
async def test_a_paid_job_that_is_not_answered_for_is_not_left_to_another_engine(name: str, tmp_path: Path) -> None:
    engine, notes = ENGINES[name], KeptNotes()
    server = Unreliable(engine.honest(), {"poll": "silent"})
    either = replace(
        engine, build=lambda url, folder: FirstThatAnswers({name: lambda: engine.build(url, folder), "second": NeverAsked})
    )
    async with provider(server) as found:
        with pytest.raises(StoryreelError) as caught:
            await tried(either, found, tmp_path, notes)
        assert caught.value.reason == "PEER_TIMEOUT"
        server.misbehaves = {}
        output = await tried(either, found, tmp_path, notes)
    assert output.meta["made_by"] == name
    assert server.paid_once


class NeverAsked:
    """The engine that stands in for another, which has a job under way."""

    identity = Engine("second", "1")

    def load(self) -> None:
        """At once."""

    def run(self, request: Request, job: Job) -> Output:
        raise AssertionError("it was asked")
