"""What a restart in order must not cost: no attempt is lost by it."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from services.core.model import OperationEvent
from tests.chaos.faults import Kind
from tests.chaos.injector import Injected
from tests.chaos.stack import WORKERS
from tests.invariants import ENDS, Snapshot, Violation

LETS_GO = frozenset({"lease_expired", "released", "retrying", "paused", *ENDS})
"""Events by which an attempt has ended, so that another may begin."""


def deploys(rows: Snapshot, injected: Sequence[Injected]) -> Iterator[Violation]:
    """Parts that were told to end and did not in order, and attempts that were lost before anything else went wrong."""
    for restart, since, until in _restarts(injected):
        if restart.ending != "exit code 0":
            yield Violation("ended_in_disorder", restart.fault.part, restart.ending)
        for started, let_go in _interrupted(rows, restart):
            alone = since <= started.at.timestamp() and let_go.at.timestamp() < until
            if let_go.kind == "lease_expired" and alone:
                seen = f"attempt {started.data['attempt']} of {started.data['worker']} was lost when {restart.fault.part} restarted"
                yield Violation("lost_by_a_deploy", started.operation_id, seen)


def given_back(rows: Snapshot, injected: Sequence[Injected]) -> int:
    """Attempts that restarted workers released."""
    return sum(let_go.kind == "released" for restart, _, _ in _restarts(injected) for _, let_go in _interrupted(rows, restart))


def _restarts(injected: Sequence[Injected]) -> Iterator[tuple[Injected, float, float]]:
    """Each with the times at which the faults before it were over, and at which the next one began."""
    ordered = sorted(injected, key=lambda each: each.began)
    for index, each in enumerate(ordered):
        if each.fault.kind is Kind.RESTART and not each.note:
            since = max((earlier.ended for earlier in ordered[:index]), default=0.0)
            yield each, since, ordered[index + 1].began if index + 1 < len(ordered) else float("inf")


def _interrupted(rows: Snapshot, restart: Injected) -> Iterator[tuple[OperationEvent, OperationEvent]]:
    """Attempts under way when the part was told to end, or claimed while it did: how each began, and how it ended.

    Of a worker only its own: that others lose one meanwhile is not its doing.
    """
    part = restart.fault.part
    for events in rows.events.values():
        marks = [event for event in events if event.kind == "started" or event.kind in LETS_GO]
        for started, let_go in pairwise(marks):
            if started.kind != "started" or (part in WORKERS and not str(started.data["worker"]).endswith(part)):
                continue
            if started.at.timestamp() < restart.ended and let_go.at.timestamp() > restart.began:
                yield started, let_go
