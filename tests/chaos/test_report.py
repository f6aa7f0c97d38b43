"""The figures of a run: how long a killed worker's operations waited, what was made again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.core.model import OperationEvent, OperationType
from tests.builders import ALICE, NOW, operation, story
from tests.chaos.faults import Fault, Kind
from tests.chaos.history import History
from tests.chaos.injector import Injected
from tests.chaos.makings import Making, makings
from tests.chaos.report import report
from tests.invariants import Snapshot

STORY = story()
KILLED = NOW.timestamp() + 2.0


def run(*faults: Fault, beside: Sequence[Injected] = ()) -> str:
    """The report of a creation whose first attempt died with worker1 after 2 s, and that worker2 took up after 5.5 s."""
    creation = operation(STORY, OperationType.STORY_CREATE, attempt=2)
    told: list[tuple[float, str, dict[str, Any]]] = [
        (0.0, "queued", {}),
        (0.5, "started", {"attempt": 1, "worker": "story-worker/worker1"}),
        (1.5, "step_started", {"key": "k"}),
        (5.0, "lease_expired", {}),
        (5.5, "started", {"attempt": 2, "worker": "story-worker/worker2"}),
    ]
    events = tuple(
        OperationEvent(creation.id, ALICE, STORY.id, seq, NOW + timedelta(seconds=at), kind, data)
        for seq, (at, kind, data) in enumerate(told, start=1)
    )
    rows = Snapshot({STORY.id: STORY}, frozenset(), {}, {creation.id: creation}, {creation.id: events})
    made = [Making("k", 1.0), Making("k", 2.0), Making("l", 3.0)]
    injected = [*(Injected(fault, KILLED, KILLED) for fault in faults), *beside]
    return str(report(seed=3, rows=rows, history=History(), injected=injected, violations=(), makings=made, seconds=60.0))


ALONE = Fault(0, Kind.KILL, "worker1", 2.0, 0.0, alone=True)


def test_recovery_is_from_the_kill_to_the_next_attempt() -> None:
    assert "recovery    p50 3.50 s, longest 3.50 s, of 1\n" in run(ALONE)


def test_only_a_kill_alone_of_the_worker_that_ran_it_counts() -> None:
    for other in (replace(ALONE, alone=False), replace(ALONE, part="worker2"), replace(ALONE, kind=Kind.HANG)):
        assert "recovery    no operation was hit by a kill alone" in run(other)


def test_a_recovery_begins_when_postgres_is_back_that_was_killed_meanwhile() -> None:
    crash = Injected(Fault(-1, Kind.KILL, "postgres", 0.0, 0.0), KILLED + 1.0, KILLED + 3.0)
    assert "recovery    p50 0.50 s, longest 0.50 s, of 1\n" in run(ALONE, beside=[crash])


def test_time_lost_is_shared_by_all_faults() -> None:
    assert "lost        2.00 s " in run(ALONE, replace(ALONE, part="broker"))


def test_what_was_made_again_is_counted() -> None:
    assert "artifacts   2 made, 1 of them more than once" in run(ALONE)


def test_a_cut_line_of_the_log_says_nothing() -> None:
    line = '{"event": "made", "key": "k", "timestamp": "1970-01-01T00:00:02.5Z"}\n'
    assert makings(line + '{"event": "a generation was stopped", "key": "l"}\n' + line[:30]) == (Making("k", 2.5),)
