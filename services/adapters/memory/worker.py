"""The worker's and the outbox's half of the store's twin."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.adapters.memory.tables import Tables
from services.core import codec, lifecycle, storyboarding, takes
from services.core.commands import ShotChange
from services.core.errors import LeaseLost, StoryreelError
from services.core.merging import merged
from services.core.model import (
    Artifact,
    AssetType,
    Failure,
    Film,
    Key,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Seeds,
    Shot,
    ShotId,
    ShotStatus,
    Storyboard,
    StoryStatus,
)
from services.core.ports import Claim, Ended, Swept, Wish, Work
from services.core.storyboarding import NewShot
from services.core.webhooks import KEPT_SECONDS


class WorkerMethods:
    """`services.core.ports.WorkerStore` and `OutboxStore` in memory."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables

    async def claim_fairest(self, worker: str, lease: float, *, room: int, most_running: int | None = None) -> tuple[Work, ...]:
        started = [self._start(operation, worker, lease) for operation in self._db.turns(room, most_running)]
        if most_running is not None:
            self._db.hold_back(most_running)
        return tuple(map(self._work, started))

    async def claim(self, operation_id: OperationId, worker: str, lease: float) -> Work | None:
        operation = self._db.operations.get(operation_id)
        if operation is None or not self._db.claimable(operation):
            return None
        return self._work(self._start(operation, worker, lease))

    async def claimable(self, limit: int) -> tuple[OperationId, ...]:
        return tuple(sorted(o.id for o in self._db.operations.values() if self._db.claimable(o))[:limit])

    async def heartbeat(self, claim: Claim, lease: float, *, progress: float, stage: str) -> Wish | None:
        operation = self._owned(claim)
        at = self._db.clock()
        self._db.operations[operation.id] = replace(
            operation,
            lease_expires_at=at + timedelta(seconds=lease),
            progress=max(operation.progress, min(progress, 1.0)),
            stage=stage,
            updated_at=at,
        )
        if operation.cancel_requested_at is not None:
            return Wish.CANCEL
        return Wish.PAUSE if operation.pause_requested_at is not None else None

    async def append_event(self, claim: Claim, kind: str, data: Mapping[str, Any]) -> OperationEvent:
        return self._db.note(self._owned(claim).id, kind, data)

    async def artifacts(self, keys: Sequence[Key]) -> Mapping[Key, Artifact]:
        return {key: self._db.artifacts[key] for key in keys if key in self._db.artifacts}

    async def save_artifact(self, claim: Claim, artifact: Artifact) -> Artifact:
        self._owned(claim)
        return self._db.artifacts.setdefault(artifact.key, artifact)

    async def land_storyboard(
        self, claim: Claim, board: Storyboard, seeds: Sequence[int]
    ) -> tuple[tuple[Shot, ...], OperationEvent]:
        operation = self._owned(claim)
        shots = self._db.shots_of(operation.story_id)
        story = self._db.stories[operation.story_id]
        if shots and not story.storyboard_unfinished:
            for event in reversed(self._db.events[operation.id]):
                if event.kind == "storyboard_landed":
                    return shots, event
        else:
            self._write_board(operation, shots, board, seeds)
            named = {other.shot_id for other in self._db.operations.values() if other.shot_id is not None}
            for surplus in storyboarding.surplus(shots, board, named):
                del self._db.shots[surplus.id], self._db.versions[surplus.id]
            self._db.mark_storyboard(story.id, board.bible, unfinished=False)
            shots = self._db.shots_of(story.id)
        return shots, self._db.note(operation.id, "storyboard_landed", {"shots": len(shots)})

    async def grow_storyboard(self, claim: Claim, part: Storyboard, seeds: Sequence[int]) -> OperationEvent | None:
        operation = self._owned(claim)
        shots = self._db.shots_of(operation.story_id)
        story = self._db.stories[operation.story_id]
        if shots and not story.storyboard_unfinished:
            return None
        bible = part.bible or story.bible
        if not self._write_board(operation, shots, part, seeds) and bible == story.bible:
            return None
        self._db.mark_storyboard(story.id, bible, unfinished=True)
        return self._db.note(operation.id, "storyboard_grew", {"shots": max(len(shots), len(part.shots))})

    async def land_shot(self, claim: Claim, change: ShotChange) -> tuple[Shot, OperationEvent] | None:
        operation = self._owned(claim)
        before = self._db.shots.get(change.shot_id)
        if before is None or before.story_id != operation.story_id:
            return None
        if change.expect_revision is not None and before.revision != change.expect_revision:
            return None
        after = merged(before, change)
        numbers = self._db.keep_takes(before, takes.changed(before, after, change.version))
        shot = self._db.write_shot(before, after)
        number = numbers.get(change.version) if change.version else None
        return shot, self._db.note(operation.id, "shot_landed", takes.landed(shot, change, number))

    async def finish(self, claim: Claim, *, film: Film | None = None) -> Ended:
        operation = self._owned(claim)
        if film is not None:
            self._db.stories[operation.story_id] = replace(
                self._db.stories[operation.story_id], film=film, updated_at=self._db.clock()
            )
        return self._db.end(operation, OperationStatus.SUCCEEDED, {})

    async def fail(self, claim: Claim, failure: Failure) -> Ended:
        return self._db.end_failed(self._owned(claim), failure)

    async def end_cancelled(self, claim: Claim) -> Ended:
        operation = self._owned(claim)
        return self._db.end_cancelled(operation, operation.stop_reason)

    async def requeue(self, claim: Claim, failure: Failure | None, delay: float) -> Ended:
        operation = self._owned(claim)
        if operation.cancel_requested_at is not None:
            return self._db.end_cancelled(operation, operation.stop_reason)
        if operation.pause_requested_at is not None:
            return self._db.pause(operation, failure)
        data = {"delay": delay} | ({"failure": codec.failure_to_json(failure)} if failure else {})
        kind = "retrying" if failure else "released"
        return self._db.requeue(operation, kind=kind, data=data, delay=delay, failure=failure)

    async def sweep(self, *, announce_after: float, limit: int = 500) -> Swept | None:
        at = self._db.clock()
        expired = [
            operation
            for operation in self._db.operations.values()
            if operation.status is OperationStatus.RUNNING
            and (operation.lease_expires_at is None or operation.lease_expires_at <= at)
        ]
        endings = [ended for operation in expired[:limit] for ended in self._lose(operation)]
        overdue = [o for o in self._db.operations.values() if not o.done and o.deadline_at and o.deadline_at <= at]
        late = self._db.stop([o for o in overdue if o.cancel_requested_at is None][:limit], "DEADLINE_EXCEEDED")
        announce = dict.fromkeys(free for ending in endings for free in ending.unblocked) | dict.fromkeys(late.unblocked)
        at = self._db.clock()
        announce |= {
            o.id: None
            for o in sorted(self._db.operations.values(), key=lambda o: o.id)
            if o.status is OperationStatus.QUEUED
            and o.announced_at is None
            and o.run_after <= at
            and (o.attempt > 0 or o.run_after <= at - timedelta(seconds=announce_after))
        }
        self._db.idempotency = {key: kept for key, kept in self._db.idempotency.items() if kept[2] > at}
        self._db.hooks.prune(at - timedelta(seconds=KEPT_SECONDS))
        return Swept(tuple(announce), (*(ending.event for ending in endings), *late.events))

    async def beat(self, worker: str) -> None:
        self._db.beats[worker] = self._db.clock()

    async def live_workers(self, within: float) -> int:
        since = self._db.clock() - timedelta(seconds=within)
        return sum(1 for at in self._db.beats.values() if at > since)

    async def mark_announced(self, ids: Sequence[OperationId], *, ago: float = 0.0) -> Sequence[OperationEvent]:
        at = self._db.clock()
        events = []
        for operation_id in ids:
            o = self._db.operations.get(operation_id)
            if o is None or o.status is not OperationStatus.QUEUED or o.announced_at is not None or o.run_after > at:
                continue
            if o.attempt == 0 or o.updated_at <= at - timedelta(seconds=ago):
                events.append(self._db.append(operation_id, "announced", {}))
                self._db.operations[operation_id] = replace(o, announced_at=events[-1].at)
        return events

    async def ready(self) -> None:
        """Always."""

    def _start(self, operation: Operation, worker: str, lease: float) -> Operation:
        at = self._db.clock()
        started = self._db.operations[operation.id] = replace(
            operation,
            status=OperationStatus.RUNNING,
            attempt=operation.attempt + 1,
            worker=worker,
            stage="",
            lease_expires_at=at + timedelta(seconds=lease),
            started_at=operation.started_at or at,
            updated_at=at,
        )
        self._db.served[operation.user_id] = at
        self._db.held_back.discard(operation.user_id)
        if started.type is not OperationType.SHOT_REGEN:
            self._db.set_story(started.story_id, StoryStatus.GENERATING)
        if started.shot_id is not None:
            self._db.set_shot(self._db.shots[started.shot_id], ShotStatus.GENERATING)
        self._db.append(operation.id, "started", {"attempt": started.attempt, "worker": worker})
        return started

    def _work(self, started: Operation) -> Work:
        return Work(started, self._db.stories[started.story_id], self._db.shots_of(started.story_id))

    def _owned(self, claim: Claim) -> Operation:
        operation = self._db.operations.get(claim.operation_id)
        held = operation and (operation.status, operation.user_id, operation.attempt, operation.worker)
        if operation is None or held != (OperationStatus.RUNNING, claim.user_id, claim.attempt, claim.worker):
            raise LeaseLost("LEASE_LOST", attempt=claim.attempt)
        return operation

    def _lose(self, expired: Operation) -> list[Ended]:
        """Another attempt, unless it was to be cancelled or paused, or has lost too many workers."""
        operation = self._db.operations[expired.id] = replace(expired, losses=expired.losses + 1)
        if operation.cancel_requested_at is not None:
            return [self._db.end_cancelled(operation, operation.stop_reason)]
        if operation.losses >= lifecycle.MOST_LOSSES:
            language = self._db.stories[operation.story_id].language
            error = StoryreelError("ATTEMPTS_EXHAUSTED", attempts=operation.losses)
            return [self._db.end_failed(operation, error.failure(language))]
        data = {"attempt": operation.attempt, "worker": operation.worker}
        requeued = self._db.requeue(operation, kind="lease_expired", data=data)
        if operation.pause_requested_at is None:
            return [requeued]
        return [requeued, self._db.pause(requeued.operation)]

    def _write_board(self, operation: Operation, shots: Sequence[Shot], board: Storyboard, seeds: Sequence[int]) -> bool:
        changes = storyboarding.changes(shots, board, seeds)
        for missing in changes.missing:
            self._insert(operation, missing)
        for before, after in changes.reworded:
            self._db.keep_takes(before, takes.changed(before, after, AssetType.TEXT))
            self._db.write_shot(before, after)
        return bool(changes)

    def _insert(self, operation: Operation, new: NewShot) -> None:
        at = self._db.clock()
        shot = Shot(
            id=ShotId(self._db.new_id()),
            user_id=operation.user_id,
            story_id=operation.story_id,
            created_at=at,
            updated_at=at,
            sequence=new.sequence,
            details=new.draft.description,
            status=ShotStatus.PENDING,
            revision=storyboarding.FIRST_REVISION,
            seeds=Seeds(new.seed, new.seed, new.seed, new.seed),
            **codec.draft_to_json(new.draft),
        )
        self._db.shots[shot.id] = shot
        self._db.keep_takes(shot, [takes.take(shot, AssetType.TEXT)])
