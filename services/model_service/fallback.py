"""Engines that stand in for each other: the first that loads, and the first that answers."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import structlog

from services.core import recipes
from services.core.errors import EngineFailed, StoryreelError, Transient
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
    """Asks its engines, by name, in the settings' order until one answers.

    One that cannot load is left out with a warning. `again` gives what is to serve once it can: what serves already stays as it
    is, since its identity must not change under what it makes. That is made of all theirs, so that a result is found again
    whichever of them made it; `meta["made_by"]` names that one, and `meta["passed_over"]` says what kept the ones before it. It
    accepts what the first one does, which is asked first; the others ignore what they cannot use. A cancel, a wrong request and a
    violation are final.
    """

    def __init__(self, candidates: Mapping[str, Callable[[], Generator[Any]]]) -> None:
        self.left_out: Mapping[str, StoryreelError] = {}
        self._candidates = candidates
        self._loaded: Mapping[str, Generator[Any]] = {}

    @property
    def identity(self) -> Engine:
        identities = [engine.identity for engine in self._engines]
        digest = hashlib.sha256(recipes.canonical(identities)).hexdigest()[:16]
        name = "+".join(identity.name for identity in identities)
        return Engine(name, "1", digest, identities[0].accepts if identities else Accepts())

    @property
    def may_come(self) -> Sequence[str]:
        """The names of those that are left out for now and not for good."""
        return [name for name, error in self.left_out.items() if error.retryable]

    def load(self) -> None:
        """When none loads, raises what may pass of that (Transient), or else the last EngineFailed."""
        loaded, left_out = self._tried(self._candidates)
        if not loaded:
            failures = list(left_out.values())
            raise next((failure for failure in reversed(failures) if failure.retryable), failures[-1])
        for name, error in left_out.items():
            until = "it can load" if error.retryable else "the service starts again"
            _log.warning("an engine cannot load; it is left out", engine=name, problem=str(error), until=until)
        self._loaded, self.left_out = loaded, left_out

    def again(self) -> "FirstThatAnswers | None":
        """The same engines with those in their places that could not load for now, and now can; None where none can."""
        found, left_out = self._tried(self.may_come)
        if not found:
            return None
        grown = FirstThatAnswers(self._candidates)
        loaded = {**self._loaded, **found}
        grown._loaded = {name: loaded[name] for name in self._candidates if name in loaded}
        grown.left_out = {name: left_out.get(name, error) for name, error in self.left_out.items() if name not in found}
        return grown

    @property
    def _engines(self) -> tuple[Generator[Any], ...]:
        return tuple(self._loaded.values())

    def _tried(self, names: Iterable[str]) -> tuple[dict[str, Generator[Any]], dict[str, StoryreelError]]:
        loaded: dict[str, Generator[Any]] = {}
        left_out: dict[str, StoryreelError] = {}
        for name in names:
            try:
                engine = self._candidates[name]()
                engine.load()
            except (EngineFailed, Transient) as error:
                left_out[name] = error.with_traceback(None)  # whose frames would hold what was read of its weights
            else:
                loaded[name] = engine
        return loaded, left_out

    def run(self, request: Any, job: Job) -> Output:
        """Raises the last one's error; and an earlier one's, where it may pass and that engine's paid job may still be running.

        A later attempt then asks after that job, and pays for no other one.
        """
        passed_over: list[str] = []
        *preferred, last = self._engines
        for engine in preferred:
            try:
                return self._named(engine.run(request, job), engine, passed_over)
            except (EngineFailed, Transient) as error:
                if error.retryable and _under_way(engine, job):
                    raise
                _log.warning("an engine fails; the next one is asked", engine=engine.identity.name, problem=str(error))
                passed_over.append(f"{engine.identity.name}: {error}")
        return self._named(last.run(request, job), last, passed_over)

    @staticmethod
    def _named(output: Output, engine: Generator[Any], passed_over: Sequence[str]) -> Output:
        said = {"made_by": engine.identity.name} | ({"passed_over": list(passed_over)} if passed_over else {})
        return Output(output.files, {**output.meta, **said})


def _under_way(engine: Generator[Any], job: Job) -> bool:
    """Whether the engine has noted a job at its provider of which it does not know the end."""

    async def noted() -> Mapping[str, Any]:
        return await job.notes.read() or {}

    name = engine.identity.name
    # What `volcano-human` cannot make, it has made and noted as `volcano` does.
    return any(
        note.get("state") == "submitted" and (name == provider or name.startswith(f"{provider}-"))
        for provider, note in job.wait(noted()).items()
    )
