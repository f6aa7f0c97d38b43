"""What must hold of everything that a store keeps, at any moment and from one moment to the next.

The model check asks after each step, and the chaos suite after its faults: neither trusts what the code under test says of
itself, both look at the rows.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations, pairwise

from services.adapters.memory.tables import Tables
from services.adapters.postgres import rows
from services.adapters.postgres.migrate import Connection
from services.core import lifecycle
from services.core.model import (
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Shot,
    ShotId,
    ShotStatus,
    Story,
    StoryId,
    StoryStatus,
)

ENDS = frozenset(status.value for status in lifecycle.TERMINAL)
LEADS_OUT_OF_AN_END = "retry_requested"
"""The one kind of event that may follow an end: its owner wanted another try."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must never be: its kind, as tests name it, what it is about, and what was seen."""

    kind: str
    subject: object
    seen: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.subject}: {self.seen}"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows at one moment; `deleted` names hidden stories. `last_seq` of operations is the newest event's number."""

    stories: Mapping[StoryId, Story]
    deleted: frozenset[StoryId]
    shots: Mapping[ShotId, Shot]
    operations: Mapping[OperationId, Operation]
    events: Mapping[OperationId, tuple[OperationEvent, ...]]

    def of_story(self, story_id: StoryId) -> tuple[Operation, ...]:
        return tuple(operation for operation in self.operations.values() if operation.story_id == story_id)


def memory_snapshot(tables: Tables) -> Snapshot:
    """Of the twin."""
    return Snapshot(
        dict(tables.stories),
        frozenset(tables.deleted),
        dict(tables.shots),
        dict(tables.operations),
        {operation_id: tuple(events) for operation_id, events in tables.events.items()},
    )


async def postgres_snapshot(connection: Connection) -> Snapshot:
    """Of a database, in one transaction."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        stories = await connection.fetch(
            "SELECT s.*, (SELECT jsonb_agg(jsonb_build_object('kind', a.kind, 'name', a.name, 'look', a.look) ORDER BY a.position)"
            " FROM assets a WHERE a.story_id = s.id) AS bible FROM stories s"
        )
        shots = await connection.fetch("SELECT * FROM shots")
        operations = await connection.fetch("SELECT * FROM operations ORDER BY id")
        events: dict[OperationId, list[OperationEvent]] = {}
        for row in await connection.fetch("SELECT * FROM operation_events ORDER BY operation_id, seq"):
            events.setdefault(OperationId(row["operation_id"]), []).append(rows.event(row))
    return Snapshot(
        {StoryId(row["id"]): rows.story(row) for row in stories},
        frozenset(StoryId(row["id"]) for row in stories if row["deleted_at"] is not None),
        {ShotId(row["id"]): rows.shot(row) for row in shots},
        {OperationId(row["id"]): rows.operation(row) for row in operations},
        {operation_id: tuple(of_one) for operation_id, of_one in events.items()},
    )


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """What two stores that were asked the same keep differently."""
    found = []
    for table in fields(Snapshot):
        left, right = getattr(one, table.name), getattr(other, table.name)
        if left == right:
            continue
        if isinstance(left, frozenset):
            found.append(f"{table.name}: {left} / {right}")
            continue
        ids = [row_id for row_id in {**left, **right} if left.get(row_id) != right.get(row_id)]
        found += [f"{table.name} {row_id}: {left.get(row_id)} / {right.get(row_id)}" for row_id in ids]
    return found


def violations(now: Snapshot) -> Iterator[Violation]:
    """What is wrong with one moment."""
    for operation in now.operations.values():
        yield from _of_operation(operation)
        yield from timeline_violations(operation, now.events.get(operation.id, ()))
    for story in now.stories.values():
        yield from _of_story(story, now)
    for shot in now.shots.values():
        yield from _of_shot(shot, now)


def step_violations(before: Snapshot, after: Snapshot) -> Iterator[Violation]:
    """What is wrong with the way from one moment to the next, a single call apart."""
    for operation_id, was in before.operations.items():
        operation = after.operations.get(operation_id)
        if operation is None:
            if was.status not in lifecycle.TERMINAL:
                yield Violation("unfinished_forgotten", operation_id, was.status)
            continue
        if operation.status is not was.status and operation.status not in lifecycle.OPERATION[was.status]:
            yield Violation("forbidden_transition", operation_id, f"{was.status} to {operation.status}")
        started = operation.status is OperationStatus.RUNNING and was.status is not OperationStatus.RUNNING
        if operation.attempt != was.attempt + started:
            yield Violation("attempt_without_a_claim", operation_id, f"{was.attempt} to {operation.attempt}, {operation.status}")
        if was.status is not OperationStatus.FAILED and operation.progress < was.progress and not was.done:
            yield Violation("progress_backwards", operation_id, f"{was.progress} to {operation.progress}")
        log, earlier = after.events.get(operation_id, ()), before.events.get(operation_id, ())
        if log[: len(earlier)] != earlier:
            yield Violation("timeline_rewritten", operation_id, f"{earlier} to {log}")
    for story_id, story in before.stories.items():
        now = after.stories[story_id].status
        if now is not story.status and now not in lifecycle.STORY[story.status]:
            yield Violation("forbidden_transition", story_id, f"story {story.status} to {now}")
    for shot_id, shot in before.shots.items():
        later = after.shots.get(shot_id)
        if later is not None and later.status is not shot.status and later.status not in lifecycle.SHOT[shot.status]:
            yield Violation("forbidden_transition", shot_id, f"shot {shot.status} to {later.status}")


def timeline_violations(operation: Operation, events: tuple[OperationEvent, ...]) -> Iterator[Violation]:
    """An operation's events against themselves and its row."""
    if [event.seq for event in events] != list(range(1, len(events) + 1)):
        yield Violation("timeline_gap", operation.id, str([event.seq for event in events]))
    if not events or events[0].kind != "queued":
        yield Violation("timeline_without_a_beginning", operation.id, events[0].kind if events else "nothing")
        return
    for earlier, later in pairwise(events):
        if later.at < earlier.at:
            yield Violation("timeline_out_of_order", operation.id, f"{earlier.kind} at {earlier.at}, {later.kind} at {later.at}")
        if earlier.kind in ENDS and later.kind != LEADS_OUT_OF_AN_END:
            yield Violation("more_after_the_end", operation.id, f"{later.kind} after {earlier.kind}")
    attempts = [event.data["attempt"] for event in events if event.kind == "started"]
    if attempts != list(range(1, operation.attempt + 1)):
        yield Violation("attempts_do_not_count_up", operation.id, f"{attempts} of {operation.attempt}")
    if operation.done != (events[-1].kind in ENDS) or (operation.done and events[-1].kind != operation.status):
        yield Violation("end_not_told", operation.id, f"{operation.status}, but the last event is {events[-1].kind}")
    ends = Counter(event.kind in ENDS for event in events)[True]
    tries = Counter(event.kind for event in events)[LEADS_OUT_OF_AN_END]
    if ends > tries + 1:
        yield Violation("ended_more_than_once", operation.id, f"{ends} ends, {tries} wishes to try again")


def conflicting(one: Operation, other: Operation) -> bool:
    """Whether these two must not run at once."""
    same_shot = one.shot_id is not None and one.shot_id == other.shot_id
    return one.story_id == other.story_id and lifecycle.conflicts(one.type, other.type, same_shot=same_shot)


def _of_operation(operation: Operation) -> Iterator[Violation]:
    if operation.done != (operation.status in lifecycle.TERMINAL):
        yield Violation("finished_at_and_status_disagree", operation.id, f"{operation.status}, {operation.finished_at}")
    if (operation.lease_expires_at is not None) != (operation.status is OperationStatus.RUNNING):
        yield Violation("lease_and_status_disagree", operation.id, f"{operation.status}, {operation.lease_expires_at}")
    if operation.pause_requested_at is not None and operation.status is not OperationStatus.RUNNING:
        yield Violation("asked_to_pause_but_not_running", operation.id, operation.status)
    if operation.finished_at and operation.started_at and operation.finished_at < operation.started_at:
        yield Violation("ended_before_it_started", operation.id, f"{operation.started_at}, {operation.finished_at}")
    if operation.losses > lifecycle.MOST_LOSSES or operation.failures > operation.max_attempts:
        yield Violation("poison_not_ended", operation.id, f"{operation.losses} losses, {operation.failures} failures")


def _of_story(story: Story, now: Snapshot) -> Iterator[Violation]:
    operations = now.of_story(story.id)
    running = [operation for operation in operations if operation.status is OperationStatus.RUNNING]
    for one, other in combinations(running, 2):
        if conflicting(one, other):
            yield Violation("conflicting_at_once", story.id, f"{one.id} and {other.id}")
    in_hand = [operation for operation in operations if not operation.done and _writes_story(operation)]
    if story.status is StoryStatus.GENERATING and not in_hand:
        yield Violation("story_generating_with_nobody", story.id, str([str(operation.status) for operation in operations]))
    if story.status is not StoryStatus.GENERATING and any(_writes_story(operation) for operation in running):
        yield Violation("story_not_generating_though_written", story.id, story.status)


def _of_shot(shot: Shot, now: Snapshot) -> Iterator[Violation]:
    in_hand = [o for o in now.of_story(shot.story_id) if o.shot_id == shot.id and not o.done and o.attempt > 0]
    if shot.status is ShotStatus.GENERATING and not in_hand:
        yield Violation("shot_generating_with_nobody", shot.id, "no unfinished operation has it in hand")
    if shot.status is ShotStatus.DONE and shot.keyframe is None:
        yield Violation("shot_done_without_a_picture", shot.id, "no keyframe")


def _writes_story(operation: Operation) -> bool:
    """Whether the story is `generating` for this operation's sake: a creation always, a film from its first claim on."""
    if operation.type is OperationType.STORY_CREATE:
        return True
    return operation.type is OperationType.VIDEO_RENDER and operation.attempt > 0


def without_times(operation: Operation) -> Operation:
    """For comparing what an owner was told with what the row says later."""
    return replace(operation, updated_at=operation.created_at, announced_at=None)
