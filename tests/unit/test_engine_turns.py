"""Engines that stand in for each other."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from services.adapters.memory.media import MemoryMedia
from services.core.errors import (
    Cancelled,
    ContentViolation,
    DeadlineExceeded,
    EngineFailed,
    ResourceExhausted,
    StoryreelError,
    Unavailable,
)
from services.core.model import Accepts, Engine, Language
from services.core.requests import Service, SpeechRequest
from services.model_service import registry, workbench
from services.model_service.engine import Job, Output
from services.model_service.equipment import Equipment
from services.model_service.fallback import FirstThatAnswers
from services.model_service.metrics import Metrics
from services.model_service.settings import ModelServiceSettings
from services.model_service.single_flight import Flights
from services.model_service.workbench import Workbench
from tests.fixtures.engine_job import EngineJob, KeptNotes

LINE = SpeechRequest(text="Hello.", language=Language.EN)
DOWN = Unavailable("PEER_UNREACHABLE", engine="far", host="h", problem="down")
MISSING = EngineFailed("ENGINE_NOT_INSTALLED", engine="far", problem="no module")
FULL = ResourceExhausted("DEVICE_MEMORY_FULL", device="cuda", model="sd", problem="out of memory")
LATE = DeadlineExceeded("PEER_TIMEOUT", engine="far", seconds=600.0)


class Speaker:
    def __init__(
        self, name: str, failure: StoryreelError | None = None, *, unloadable: StoryreelError | None = None, references: int = 0
    ) -> None:
        self.identity = Engine(name, "1", accepts=Accepts(references=references))
        self._failure = failure
        self._unloadable = unloadable

    def load(self) -> None:
        if self._unloadable is not None:
            raise self._unloadable

    def run(self, request: SpeechRequest, job: Job) -> Output:
        if self._failure is not None:
            raise self._failure
        return Output(meta={"seconds": 1.0})


def turns(*speakers: Speaker) -> FirstThatAnswers:
    def made(speaker: Speaker) -> Callable[[], Speaker]:
        return lambda: speaker

    engine = FirstThatAnswers({speaker.identity.name: made(speaker) for speaker in speakers})
    engine.load()
    return engine


def test_the_first_answers(tmp_path: Path) -> None:
    engine = turns(Speaker("far"), Speaker("near"))
    assert engine.run(LINE, EngineJob(tmp_path)).meta == {"seconds": 1.0, "made_by": "far"}
    assert engine.identity.name == "far+near"


def test_what_the_first_accepts_is_asked_of_all() -> None:
    far, near = Speaker("far", references=3), Speaker("near")
    assert turns(far, near).identity.accepts == Accepts(references=3)
    assert turns(near, far).identity.accepts == Accepts()
    assert turns(Speaker("away", unloadable=MISSING), far).identity.accepts == Accepts(references=3)
    assert turns(far, near).identity.revision == turns(Speaker("far"), near).identity.revision


@pytest.mark.parametrize("failure", [DOWN, EngineFailed("SUBMISSION_UNKNOWN", engine="far", at="now")])
def test_the_next_answers_when_one_fails(failure: StoryreelError, tmp_path: Path) -> None:
    meta = turns(Speaker("far", failure), Speaker("near")).run(LINE, EngineJob(tmp_path)).meta
    assert meta["made_by"] == "near"
    assert meta["passed_over"] == [f"far: {failure}"]


@pytest.mark.parametrize("final", [Cancelled("CANCELLED"), ContentViolation("CONTENT_VIOLATION", problem="blood")])
def test_some_endings_are_final(final: StoryreelError, tmp_path: Path) -> None:
    with pytest.raises(type(final)):
        turns(Speaker("far", final), Speaker("near")).run(LINE, EngineJob(tmp_path))


def test_the_last_ones_failure_is_the_answer(tmp_path: Path) -> None:
    last = EngineFailed("ENGINE_FAILED", engine="near", problem="broken")
    with pytest.raises(EngineFailed) as caught:
        turns(Speaker("far", DOWN), Speaker("near", last)).run(LINE, EngineJob(tmp_path))
    assert caught.value is last


@pytest.mark.parametrize("failure", [MISSING, DOWN, FULL])
def test_what_cannot_load_is_left_out(failure: StoryreelError, tmp_path: Path) -> None:
    engine = turns(Speaker("far", unloadable=failure), Speaker("near"))
    assert engine.identity.name == "near"
    assert engine.run(LINE, EngineJob(tmp_path)).meta["made_by"] == "near"


@pytest.mark.parametrize(
    ("first", "second", "raised"), [(MISSING, FULL, FULL), (FULL, MISSING, FULL), (FULL, DOWN, DOWN), (MISSING, MISSING, MISSING)]
)
def test_when_none_loads_what_may_pass_is_raised(first: StoryreelError, second: StoryreelError, raised: StoryreelError) -> None:
    with pytest.raises(type(raised)) as caught:
        turns(Speaker("far", unloadable=first), Speaker("near", unloadable=second))
    assert caught.value is raised


def test_loaded_again_they_are_the_same() -> None:
    engine = turns(Speaker("far"), Speaker("near"))
    before = engine.identity
    engine.load()
    assert engine.identity == before


async def test_a_service_whose_language_model_is_away_serves_with_the_next_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:  # bound, and not listening
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("STORYREEL_LLM_BASE_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}/v1")
        monkeypatch.setenv("STORYREEL_LLM_ATTEMPTS", "1")
        settings = ModelServiceSettings(storyboard_engine="vllm,screenwriter")
        engine = registry.engine(Service.STORYBOARDS, Equipment(settings, CollectorRegistry()))
        bench = Workbench(
            Service.STORYBOARDS,
            engine,
            settings=settings,
            media=MemoryMedia(),
            flights=Flights(settings.linger_seconds),
            metrics=Metrics(CollectorRegistry()),
        )
        await asyncio.wait_for(bench.load(), 60)
        await bench.close()
    assert bench.identity is not None
    assert bench.identity.name == "screenwriter"


class Away(Speaker):
    """Cannot load until it was tried so often."""

    def __init__(self, name: str, times: int, failure: StoryreelError = DOWN) -> None:
        super().__init__(name)
        self.tried = 0
        self._times = times
        self._failing = failure

    def load(self) -> None:
        self.tried += 1
        if self.tried <= self._times:
            raise self._failing


def test_what_was_left_out_for_now_takes_its_place_again_and_what_serves_stays_as_it_is(tmp_path: Path) -> None:
    engine = turns(Away("far", 2), Speaker("near"), Speaker("gone", unloadable=MISSING))
    before = engine.identity
    assert (engine.may_come, set(engine.left_out)) == (["far"], {"far", "gone"})
    assert engine.again() is None
    grown = engine.again()
    assert grown is not None
    assert grown.identity.name == "far+near"
    assert (grown.may_come, set(grown.left_out)) == ([], {"gone"})
    assert grown.run(LINE, EngineJob(tmp_path)).meta["made_by"] == "far"
    assert engine.identity == before
    assert engine.run(LINE, EngineJob(tmp_path)).meta["made_by"] == "near"


async def test_a_service_tries_again_what_it_left_out_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbench, "_FIRST_AGAIN", 0.001)
    registry = CollectorRegistry()
    away = Away("far", 3)
    engine = FirstThatAnswers({"far": lambda: away, "near": lambda: Speaker("near")})
    settings = ModelServiceSettings()
    bench = Workbench(
        Service.SPEECH, engine, settings=settings, media=MemoryMedia(), flights=Flights(5.0), metrics=Metrics(registry)
    )

    def left_out() -> float | None:
        return registry.get_sample_value("storyreel_engine_left_out", {"service": "speech", "engine": "far"})

    await bench.load()
    assert bench.identity is not None
    assert (bench.identity.name, left_out()) == ("near", 1)
    async with asyncio.timeout(30):
        while bench.identity.name == "near":  # noqa: ASYNC110
            await asyncio.sleep(0)  # an identity has no event; each turn lets the bench work
    await bench.close()
    assert (bench.identity.name, left_out(), away.tried) == ("far+near", 0, 4)


async def test_a_service_that_ends_does_not_wait_for_what_it_left_out() -> None:
    engine = FirstThatAnswers({"far": lambda: Speaker("far", unloadable=DOWN), "near": lambda: Speaker("near")})
    settings = ModelServiceSettings()
    bench = Workbench(
        Service.SPEECH, engine, settings=settings, media=MemoryMedia(), flights=Flights(5.0), metrics=Metrics(CollectorRegistry())
    )
    await bench.load()
    async with asyncio.timeout(5):
        await bench.close()
    assert len(asyncio.all_tasks()) == 1


@pytest.mark.parametrize("noted", ["far", "far-away"])
def test_a_paid_job_that_may_still_be_running_is_asked_after_and_not_given_up(noted: str, tmp_path: Path) -> None:
    engine, job = turns(Speaker("far-away", LATE), Speaker("near")), EngineJob(tmp_path)
    job.notes = KeptNotes({noted: {"state": "submitted", "id": "1"}})
    with pytest.raises(DeadlineExceeded) as caught:
        engine.run(LINE, job)
    assert caught.value is LATE


@pytest.mark.parametrize(
    ("failure", "notes"),
    [
        (LATE, {"far": {"state": "over"}}),
        (LATE, {"farther": {"state": "submitted", "id": "1"}}),
        (EngineFailed("PEER_UNAUTHORIZED", engine="far", status=401, problem="no"), {"far": {"state": "submitted", "id": "1"}}),
    ],
    ids=["ended", "another's", "for good"],
)
def test_the_next_answers_when_no_paid_job_can_be_waited_for(
    failure: StoryreelError, notes: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    job = EngineJob(tmp_path)
    job.notes = KeptNotes(notes)
    assert turns(Speaker("far", failure), Speaker("near")).run(LINE, job).meta["made_by"] == "near"


def test_another_order_is_another_engine() -> None:
    assert turns(Speaker("a"), Speaker("b")).identity != turns(Speaker("b"), Speaker("a")).identity
