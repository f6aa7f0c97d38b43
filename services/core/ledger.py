"""A plan being made: which artifacts are there, which steps are missing, which results should land."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.core import recipes
from services.core.commands import ShotChange
from services.core.model import Accepts, Artifact, Engine, Film, Key, ShotId, Storyboard
from services.core.requests import Request, Service


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to make. Steps with the same key are the same step."""

    request: Request
    key: Key
    shot_id: ShotId | None = None

    @property
    def kind(self) -> str:
        return self.request.kind


@dataclass(frozen=True, slots=True)
class LandStoryboard:
    board: Storyboard
    seeds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LandShot:
    change: ShotChange


Landing = LandStoryboard | LandShot


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do next. Nothing to make and nothing to land means that the operation is complete, with `film` if it made one.

    `waiting` counts the further steps that are known but need an earlier one; with `steps` and what is made it gives the progress.
    """

    steps: tuple[Step, ...] = ()
    landings: tuple[Landing, ...] = ()
    waiting: int = 0
    finished: int = 0
    film: Film | None = None

    @property
    def complete(self) -> bool:
        return not (self.steps or self.landings or self.waiting)


class Ledger:
    """Collects a plan: asks for artifacts, noting a step where one is missing."""

    def __init__(self, engines: Mapping[Service, Engine], made: Mapping[Key, Artifact]) -> None:
        self._engines = engines
        self._made = made
        self.steps: dict[Key, Step] = {}
        self.landings: list[Landing] = []
        self.waiting = 0
        self.finished = 0
        self._found: set[Key] = set()

    def accepts(self, service: Service) -> Accepts:
        """What the engine of `service` can use."""
        return self._engines[service].accepts

    def need(self, request: Request, shot_id: ShotId | None = None) -> Artifact | None:
        """The artifact, or None after noting that it must be made."""
        key = recipes.key(request, self._engines[request.service])
        artifact = self._made.get(key)
        if artifact is None:
            self.steps.setdefault(key, Step(request, key, shot_id))
        elif key not in self._found:
            self._found.add(key)
            self.finished += 1
        return artifact

    def wait(self, count: int = 1) -> None:
        """Further steps are known to be needed, but cannot be asked for yet."""
        self.waiting += count

    def plan(self, film: Film | None = None) -> Plan:
        return Plan(tuple(self.steps.values()), tuple(self.landings), self.waiting, self.finished, film)
