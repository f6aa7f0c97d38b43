"""Engines that stand in for each other: the first that loads, and the first that answers."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from services.core import recipes
from services.core.errors import EngineFailed, Transient
from services.core.model import Accepts, Engine
from services.model_service.engine import Generator, Job, Output

_log = structlog.get_logger(__name__)


class FirstThatLoads:
    """Tries its candidates in order; each that cannot load is named in a warning. Its identity is the chosen one's."""

    def __init__(self, name: str, candidates: Sequence[Callable[[], Generator[Any]]]) -> None:
        self._name = name
        self._candidates = candidates
        self._chosen: Generator[Any] | None = None

    @property
    def identity(self) -> Engine:
        return self._loaded().identity

    def load(self) -> None:
        """Raises the last candidate's EngineFailed when none loads."""
        *preferred, last = self._candidates
        for candidate in preferred:
            try:
                engine = candidate()
                engine.load()
            except EngineFailed as error:
                _log.warning("an engine cannot load; the next one is tried", engine=self._name, problem=str(error))
            else:
                self._chosen = engine
                return
        engine = last()
        engine.load()
        self._chosen = engine

    def run(self, request: Any, job: Job) -> Output:
        return self._loaded().run(request, job)

    def _loaded(self) -> Generator[Any]:
        if self._chosen is None:
            raise RuntimeError(f"the engine {self._name} is asked before it was loaded")
        return self._chosen


class FirstThatAnswers:
    """Asks its engines in the settings' order until one answers. One that cannot load is left out, with a warning.

    Its identity is made of all theirs, so that a result is found again whichever of them made it; `meta["made_by"]` names that
    one, and `meta["passed_over"]` says what kept the ones before it. It accepts what the first one does, which is asked first;
    the others ignore what they cannot use. A cancel, a wrong request and a violation are final.
    """

    def __init__(self, candidates: Sequence[Callable[[], Generator[Any]]]) -> None:
        self._candidates = candidates
        self._engines: list[Generator[Any]] = []

    @property
    def identity(self) -> Engine:
        identities = [engine.identity for engine in self._engines]
        digest = hashlib.sha256(recipes.canonical(identities)).hexdigest()[:16]
        name = "+".join(identity.name for identity in identities)
        return Engine(name, "1", digest, identities[0].accepts if identities else Accepts())

    def load(self) -> None:
        """Raises the last EngineFailed when none loads."""
        failure: EngineFailed | None = None
        for candidate in self._candidates:
            try:
                engine = candidate()
                engine.load()
            except EngineFailed as error:
                _log.warning("an engine cannot load; it is left out", problem=str(error))
                failure = error
            else:
                self._engines.append(engine)
        if not self._engines and failure is not None:
            raise failure

    def run(self, request: Any, job: Job) -> Output:
        passed_over: list[str] = []
        *preferred, last = self._engines
        for engine in preferred:
            try:
                return self._named(engine.run(request, job), engine, passed_over)
            except (EngineFailed, Transient) as error:
                _log.warning("an engine fails; the next one is asked", engine=engine.identity.name, problem=str(error))
                passed_over.append(f"{engine.identity.name}: {error}")
        return self._named(last.run(request, job), last, passed_over)

    @staticmethod
    def _named(output: Output, engine: Generator[Any], passed_over: Sequence[str]) -> Output:
        said = {"made_by": engine.identity.name} | ({"passed_over": list(passed_over)} if passed_over else {})
        return Output(output.files, {**output.meta, **said})
