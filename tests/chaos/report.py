"""What a chaos run says at its end."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from tests.chaos.deploys import LETS_GO, given_back
from tests.chaos.faults import Kind
from tests.chaos.history import History
from tests.chaos.injector import Injected
from tests.chaos.makings import Making
from tests.chaos.stack import WORKERS
from tests.invariants import Snapshot, Violation


@dataclass(frozen=True)
class Report:
    """The figures. Times are seconds."""

    seed: int
    operations: int
    ends: dict[str, int]
    attempts: int
    made: int
    made_again: int
    faults: dict[str, int]
    undone: dict[str, int]
    answers: dict[str, int]
    followers: int
    connections: int
    events: int
    waits: int
    messages: int
    messages_again: int
    recoveries: tuple[float, ...]
    given_back: int
    lost_per_fault: float
    seconds: float
    violations: tuple[str, ...]

    def __str__(self) -> str:
        recovered = "no operation was hit by a kill alone"
        if self.recoveries:
            recovered = f"p50 {median(self.recoveries):.2f} s, longest {max(self.recoveries):.2f} s, of {len(self.recoveries)}"
        return "\n".join(
            [
                f"seed        {self.seed}",
                f"operations  {self.operations}: {_counted(self.ends)}; {self.attempts} attempts",
                f"artifacts   {self.made} made, {self.made_again} of them more than once",
                f"faults      {sum(self.faults.values())}: {_counted(self.faults)}",
                *([f"not done    {_counted(self.undone)}"] if self.undone else []),
                f"answers     {_counted(self.answers)}",
                f"followers   {self.followers}, over {self.connections} connections, {self.events} events; {self.waits} waited for",
                f"webhooks    {self.messages} messages, {self.messages_again} of them more than once",
                f"recovery    {recovered}",
                f"given back  {self.given_back} attempts, by workers that restarted",
                f"lost        {self.lost_per_fault:.2f} s of work and waiting a fault, over all operations",
                f"took        {self.seconds:.0f} s",
                f"violations  {len(self.violations)}",
                *[f"  {violation}" for violation in self.violations],
            ]
        )

    def to_json(self) -> str:
        return json.dumps(vars(self), indent=2)


def report(
    *,
    seed: int,
    rows: Snapshot,
    history: History,
    injected: Sequence[Injected],
    violations: Sequence[Violation],
    makings: Sequence[Making],
    seconds: float,
) -> Report:
    """Of a run that is over."""
    made = Counter(making.key for making in makings)
    done = [each for each in injected if not each.note]
    gaps = _gaps(rows)
    messages = Counter(message.id for message in history.messages)
    return Report(
        seed=seed,
        operations=len(rows.operations),
        ends=dict(Counter(str(operation.status) for operation in rows.operations.values())),
        attempts=sum(operation.attempt for operation in rows.operations.values()),
        made=len(made),
        made_again=sum(count > 1 for count in made.values()),
        faults=dict(Counter(str(each.fault.kind) for each in done)),
        undone=dict(Counter(f"{each.fault.kind} ({each.note.split(':')[0]})" for each in injected if each.note)),
        answers=dict(sorted(history.answers.items())),
        followers=len(history.followed),
        connections=sum(each.connections for each in history.followed),
        events=sum(len(each.events) for each in history.followed),
        waits=len(history.waited),
        messages=len(messages),
        messages_again=sum(count > 1 for count in messages.values()),
        recoveries=recoveries(rows, injected),
        given_back=given_back(rows, injected),
        lost_per_fault=sum(gaps) / len(done) if done else 0.0,
        seconds=seconds,
        violations=tuple(map(str, violations)),
    )


def recoveries(rows: Snapshot, injected: Sequence[Injected]) -> tuple[float, ...]:
    """From a worker's lone kill to the next attempt at each operation that it ran, in seconds.

    Where Postgres was killed meanwhile, from when it answered again: no worker could have begun before.
    """
    found = []
    crashes = [each for each in injected if each.fault.kind is Kind.KILL and each.fault.part == "postgres" and not each.note]
    for each in injected:
        if not each.fault.alone or each.fault.kind is not Kind.KILL or each.fault.part not in WORKERS or each.note:
            continue
        for events in rows.events.values():
            starts = [event for event in events if event.kind == "started"]
            for earlier, later in pairwise(starts):
                between = [event for event in events if earlier.seq < event.seq < later.seq]
                lost = any(event.kind == "lease_expired" for event in between)
                let_go = [event.at.timestamp() for event in between if event.kind in LETS_GO]
                ran = earlier.at.timestamp() < each.began < min(let_go, default=0.0)
                if lost and ran and str(earlier.data["worker"]).endswith(each.fault.part):
                    ended = later.at.timestamp()
                    back = [crash.ended for crash in crashes if each.began <= crash.ended <= ended]
                    found.append(ended - max([each.began, *back]))
    return tuple(sorted(round(seconds, 3) for seconds in found))


def _gaps(rows: Snapshot) -> list[float]:
    """Of each attempt that ended nothing: from its last own event to the next attempt's start."""
    gaps = []
    for events in rows.events.values():
        last = None
        for event in events:
            if event.kind == "started" and last is not None:
                gaps.append((event.at - last).total_seconds())
            if event.kind not in {
                "queued",
                "announced",
                "lease_expired",
                "retry_requested",
                "resumed",
                "paused",
                "cancel_requested",
            }:
                last = event.at
    return gaps


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items(), key=lambda item: -item[1])) or "none"
