"""What the model check works on: stores that are asked the same, at a time and with ids that stand still unless told."""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.core.errors import LeaseLost, StoryreelError
from services.core.model import Operation, OperationEvent
from services.core.ports import Ended, Stopped, Store, Swept, Work
from tests.invariants import Snapshot

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """The time of all stores under check."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> datetime:
        return self.now


class Ids:
    """Ids that follow from the step and from how many it has taken: the same in each store, and growing like UUIDv7."""

    def __init__(self) -> None:
        self.begin(0)

    def begin(self, step: int) -> None:
        self._next = step << 16

    def __call__(self) -> UUID:
        self._next += 1
        return UUID(int=self._next << 80 | 0x7 << 76 | 0b10 << 62)


@dataclass(frozen=True)
class Subject:
    """A store under check. `clear` empties it; `tick` brings the machine's time to where the store looks for it."""

    name: str
    store: Store
    ids: Ids
    snapshot: Callable[[], Coroutine[Any, Any, Snapshot]]
    clear: Callable[[], Coroutine[Any, Any, None]]
    tick: Callable[[datetime], Coroutine[Any, Any, None]]


Run = Callable[[Coroutine[Any, Any, Any]], Any]
"""Awaits from code that is not itself awaited: hypothesis calls rules as plain functions."""


@dataclass(frozen=True)
class Bench:
    """What the machine works on: stores, and a way to await them."""

    subjects: Sequence[Subject]
    clock: Clock
    run: Run


@dataclass(frozen=True)
class Outcome:
    """What a call gave, or how it was refused."""

    value: Any = None
    refused: str = ""


async def asked(subject: Subject, step: int, ask: Callable[[Store], Awaitable[Any]]) -> Outcome:
    """What the store says, with what has no order of its own in one order, so that stores can be compared."""
    subject.ids.begin(step)
    try:
        return Outcome(value=_ordered(await ask(subject.store)))
    except LeaseLost:
        return Outcome(refused=LeaseLost.__name__)
    except StoryreelError as error:
        return Outcome(refused=error.reason)


def _ordered(value: Any) -> Any:
    """The same answer with what has no order of its own in one order."""
    match value:
        case Ended():
            return replace(value, unblocked=tuple(sorted(value.unblocked)))
        case Stopped():
            return Stopped(_timeline(value.events), tuple(sorted(value.unblocked)))
        case Swept():
            return Swept(tuple(sorted(value.announce)), _timeline(value.events))
        case (Work(), *_):
            return sorted(value, key=lambda work: work.operation.id)
        case (Operation() as operation, Stopped() as stopped):
            return operation, _ordered(stopped)
        case _:
            return value


def _timeline(events: Sequence[OperationEvent]) -> tuple[OperationEvent, ...]:
    return tuple(sorted(events, key=lambda event: (event.operation_id, event.seq)))
