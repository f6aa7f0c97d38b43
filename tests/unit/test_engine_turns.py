"""Engines that stand in for each other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from services.core.errors import Cancelled, ContentViolation, EngineFailed, StoryreelError, Unavailable
from services.core.model import Accepts, Engine, Language
from services.core.requests import SpeechRequest
from services.model_service.engine import Job, Output
from services.model_service.fallback import FirstThatAnswers
from tests.fixtures.engine_job import EngineJob

LINE = SpeechRequest(text="Hello.", language=Language.EN)
DOWN = Unavailable("PEER_UNREACHABLE", engine="far", host="h", problem="down")


class Speaker:
    def __init__(self, name: str, failure: StoryreelError | None = None, *, loads: bool = True, references: int = 0) -> None:
        self.identity = Engine(name, "1", accepts=Accepts(references=references))
        self._failure = failure
        self._loads = loads

    def load(self) -> None:
        if not self._loads:
            raise EngineFailed("ENGINE_NOT_INSTALLED", engine=self.identity.name, problem="no module")

    def run(self, request: SpeechRequest, job: Job) -> Output:
        if self._failure is not None:
            raise self._failure
        return Output(meta={"seconds": 1.0})


def turns(*speakers: Speaker) -> FirstThatAnswers:
    def made(speaker: Speaker) -> Callable[[], Speaker]:
        return lambda: speaker

    engine = FirstThatAnswers([made(speaker) for speaker in speakers])
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
    assert turns(Speaker("away", loads=False), far).identity.accepts == Accepts(references=3)
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


def test_what_cannot_load_is_left_out(tmp_path: Path) -> None:
    engine = turns(Speaker("far", loads=False), Speaker("near"))
    assert engine.identity.name == "near"
    assert engine.run(LINE, EngineJob(tmp_path)).meta["made_by"] == "near"
    with pytest.raises(EngineFailed, match="no module"):
        turns(Speaker("far", loads=False))


def test_another_order_is_another_engine() -> None:
    assert turns(Speaker("a"), Speaker("b")).identity != turns(Speaker("b"), Speaker("a")).identity
