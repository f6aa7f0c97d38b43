"""An engine that is the first of several that loads."""

from collections.abc import Callable, Sequence
from typing import Any

import structlog

from services.core.errors import EngineFailed
from services.core.model import Engine
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
