"""What the model service has made, by its own log: the timelines, which locks serialise, cannot show two at one thing."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from services.core.model import OperationEvent, OperationId
from tests.chaos.deploys import LETS_GO
from tests.chaos.faults import Kind
from tests.chaos.injector import Injected
from tests.invariants import Violation


@dataclass(frozen=True, slots=True)
class Making:
    """An engine has made the artifact of `key`, at `at` seconds of the epoch."""

    key: str
    at: float


def makings(log: str) -> tuple[Making, ...]:
    """Of the model service's log, all its lives long. A line that a kill cut short says nothing."""
    return tuple(_read(log))


def _read(log: str) -> Iterator[Making]:
    for line in log.splitlines():
        with suppress(ValueError):
            entry = json.loads(line)
            if isinstance(entry, dict) and entry.get("event") == "made":
                yield Making(str(entry["key"]), datetime.fromisoformat(entry["timestamp"]).timestamp())


def made_twice(
    made: Sequence[Making], events: Mapping[OperationId, tuple[OperationEvent, ...]], injected: Sequence[Injected]
) -> Iterator[Violation]:
    """Artifacts made once more than attempts were fenced off that had begun them, with nothing done to the model service."""
    by_key: dict[str, list[float]] = {}
    for each in made:
        by_key.setdefault(each.key, []).append(each.at)
    fenced = _fenced(events.values())
    struck = [each for each in injected if each.fault.part == "models" or each.fault.kind is Kind.DISK_FULL]
    told = {event.data.get("key") for timeline in events.values() for event in timeline if event.kind == "step_started"}
    for key, times in by_key.items():
        if key not in told:
            continue  # its operation was forgotten, and its timeline with it
        first, *again = sorted(times)
        for number, at in enumerate(again, start=1):
            faults = sum(each.began <= at and first <= each.ended for each in struck)
            if number > faults + sum(when <= at for when in fenced.get(key, ())):
                yield Violation("made_twice_unfenced", key, f"{number + 1} times by now, {at - first:.2f} s after the first")


def _fenced(timelines: Iterable[Sequence[OperationEvent]]) -> dict[str, list[float]]:
    """Of each key when an attempt was fenced off that had begun it and not finished."""
    fenced: dict[str, list[float]] = {}
    for timeline in timelines:
        begun: set[str] = set()
        for event in timeline:
            key = str(event.data.get("key", ""))
            if event.kind == "step_started":
                begun.add(key)
            elif event.kind == "step_finished":
                begun.discard(key)
            elif event.kind in LETS_GO:
                for lost in begun if event.kind != "succeeded" else ():
                    fenced.setdefault(lost, []).append(event.at.timestamp())
                begun.clear()
    return fenced
