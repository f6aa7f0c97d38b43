"""What the twin of the store keeps, and the rules that owners' and workers' methods share."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.adapters.ids import Uuid7
from services.core import codec, lifecycle
from services.core.model import (
    Artifact,
    AssetType,
    Failure,
    Key,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Shot,
    ShotId,
    ShotStatus,
    ShotVersion,
    Story,
    StoryId,
    StoryStatus,
    UserId,
)
from services.core.ports import Ended
from services.core.retrying import counts
from services.core.takes import Take

Clock = Callable[[], datetime]


def now() -> datetime:
    return datetime.now(UTC)


class Tables:
    """Rows by id. No method awaits, so each is atomic on one event loop, as a transaction is."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.new_id = Uuid7()
        self.stories: dict[StoryId, Story] = {}
        self.deleted: set[StoryId] = set()
        self.shots: dict[ShotId, Shot] = {}
        self.versions: dict[ShotId, list[ShotVersion]] = {}
        self.operations: dict[OperationId, Operation] = {}
        self.events: dict[OperationId, list[OperationEvent]] = {}
        self.artifacts: dict[Key, Artifact] = {}
        self.idempotency: dict[tuple[UserId, str], tuple[str, OperationId, datetime]] = {}
        self.beats: dict[str, datetime] = {}

    # -- stories and shots -------------------------------------------------------------------------------------------------

    def shots_of(self, story_id: StoryId) -> tuple[Shot, ...]:
        return tuple(sorted((s for s in self.shots.values() if s.story_id == story_id), key=lambda shot: shot.sequence))

    def write_shot(self, before: Shot, after: Shot) -> Shot:
        """A new revision of a shot is one of its story too."""
        at = self.clock()
        shot = self.shots[after.id] = replace(after, updated_at=at)
        if after.revision != before.revision:
            story = self.stories[after.story_id]
            self.stories[story.id] = replace(story, revision=story.revision + 1, updated_at=at)
        return shot

    def keep_takes(self, shot: Shot, kept: Sequence[Take]) -> dict[AssetType, int]:
        """Make these takes the shot's current versions; one that is kept already gets no second number."""
        return {take.asset_type: self._keep(shot, take) for take in kept}

    def make_current(self, shot_id: ShotId, asset_type: AssetType, number: int) -> None:
        self.versions[shot_id] = [
            replace(v, current=v.number == number) if v.asset_type is asset_type else v for v in self.versions[shot_id]
        ]

    def _keep(self, shot: Shot, take: Take) -> int:
        versions = self.versions.setdefault(shot.id, [])
        same = [v for v in versions if v.asset_type is take.asset_type]
        if take.made:
            known = [v for v in same if v.made and v.made.key == take.made.key]
        else:
            known = [v for v in same if v.current and v.text == take.text and v.seed == take.seed]
        number = known[0].number if known else len(same) + 1
        if not known:
            versions.append(
                ShotVersion(shot.id, take.asset_type, number, self.clock(), take.made, dict(take.text), take.seed, current=True)
            )
        self.make_current(shot.id, take.asset_type, number)
        return number

    def set_story(self, story_id: StoryId, status: StoryStatus) -> bool:
        story = self.stories[story_id]
        allowed = story.status in lifecycle.sources(lifecycle.STORY, status)
        if allowed:
            self.stories[story_id] = replace(story, status=status, updated_at=self.clock())
        return allowed

    def set_shot(self, shot: Shot, status: ShotStatus) -> None:
        if shot.status in lifecycle.sources(lifecycle.SHOT, status):
            self.shots[shot.id] = replace(shot, status=status, updated_at=self.clock())

    # -- operations --------------------------------------------------------------------------------------------------------

    def append(self, operation_id: OperationId, kind: str, data: Mapping[str, Any]) -> OperationEvent:
        operation = self.operations[operation_id]
        log = self.events.setdefault(operation_id, [])
        event = OperationEvent(operation_id, operation.user_id, operation.story_id, len(log) + 1, self.clock(), kind, dict(data))
        log.append(event)
        return event

    def claimable(self, operation: Operation) -> bool:
        """Queued, due, and neither a conflicting operation running nor an older one queued."""
        if operation.status is not OperationStatus.QUEUED or operation.run_after > self.clock():
            return False
        return not any(
            other.status is OperationStatus.RUNNING or (other.status is OperationStatus.QUEUED and other.id < operation.id)
            for other in self.operations.values()
            if other.story_id == operation.story_id
            and other.id != operation.id
            and lifecycle.conflicts(
                other.type, operation.type, same_shot=other.shot_id is not None and other.shot_id == operation.shot_id
            )
        )

    def end(self, operation: Operation, status: OperationStatus, data: Mapping[str, Any], failure: Failure | None = None) -> Ended:
        """Into a terminal state, with what that means for its story and shots."""
        at = self.clock()
        cancelled_at = at if status is OperationStatus.CANCELLED else None
        ended = self.operations[operation.id] = replace(
            operation,
            status=status,
            failure=failure,
            stage="",
            lease_expires_at=None,
            finished_at=at,
            updated_at=at,
            progress=1.0 if status is OperationStatus.SUCCEEDED else operation.progress,
            cancel_requested_at=operation.cancel_requested_at or cancelled_at,
        )
        event = self.append(operation.id, status.value, data)
        self._settle_story(ended)
        self._settle_shot(ended)
        self._settle_filmed(ended)
        return Ended(ended, event, self.unblock(ended.story_id))

    def end_failed(self, operation: Operation, failure: Failure) -> Ended:
        return self.end(operation, OperationStatus.FAILED, codec.failure_to_json(failure), failure)

    def end_cancelled(self, operation: Operation, reason: str = "CANCELLED") -> Ended:
        return self.end(operation, OperationStatus.CANCELLED, {"reason": reason})

    def requeue(
        self, operation: Operation, *, kind: str, data: Mapping[str, Any], delay: float = 0.0, failure: Failure | None = None
    ) -> Ended:
        at = self.clock()
        queued = self.operations[operation.id] = replace(
            operation,
            status=OperationStatus.QUEUED,
            run_after=at + timedelta(seconds=delay),
            announced_at=None,
            failures=operation.failures + int(counts(failure)),
            failure=failure or operation.failure,
            worker="",
            stage="",
            lease_expires_at=None,
            updated_at=at,
        )
        event = self.append(operation.id, kind, data)
        unblocked = self.unblock(queued.story_id)
        return Ended(self.operations[operation.id], event, unblocked)

    def ask_to_stop(self, operation: Operation, reason: str = "CANCELLED") -> OperationEvent:
        at = self.clock()
        self.operations[operation.id] = replace(operation, cancel_requested_at=at, updated_at=at)
        return self.append(operation.id, "cancel_requested", {"reason": reason})

    def unblock(self, story_id: StoryId) -> tuple[OperationId, ...]:
        """What may start on this story now counts as never announced."""
        free = [o for o in self.operations.values() if o.story_id == story_id and self.claimable(o)]
        self.operations |= {o.id: replace(o, announced_at=None) for o in free}
        return tuple(o.id for o in free)

    def _settle_story(self, ended: Operation) -> None:
        """Unless it never began its work (a creation always has), or another operation has the story in hand."""
        if not _holds_story(ended) or any(
            _holds_story(other) for other in self.operations.values() if other.story_id == ended.story_id and not other.done
        ):
            return
        shots = self.shots_of(ended.story_id)
        whole = bool(shots) and all(shot.keyframe for shot in shots) and not self.stories[ended.story_id].storyboard_unfinished
        creation = ended.type is OperationType.STORY_CREATE
        lost = ended.status is OperationStatus.CANCELLED and not whole
        failed = ended.status is OperationStatus.FAILED or lost
        settled = self.set_story(ended.story_id, StoryStatus.FAILED if failed else StoryStatus.READY)
        if settled and failed and creation:
            for shot in shots:
                if shot.keyframe is None:
                    self.set_shot(shot, ShotStatus.FAILED)

    def _settle_shot(self, ended: Operation) -> None:
        if ended.shot_id is None or ended.attempt == 0:
            return
        others = (o for o in self.operations.values() if o.shot_id == ended.shot_id and not o.done)
        if any(other.attempt > 0 for other in others):
            return
        shot = self.shots[ended.shot_id]
        if ended.status is OperationStatus.FAILED:
            self.set_shot(shot, ShotStatus.FAILED)
        else:
            self.set_shot(shot, ShotStatus.DONE if shot.keyframe else ShotStatus.PENDING)

    def _settle_filmed(self, ended: Operation) -> None:
        """The film shows the story's shots, so an earlier failure of theirs is mended."""
        if ended.type is OperationType.VIDEO_RENDER and ended.status is OperationStatus.SUCCEEDED:
            for shot in self.shots_of(ended.story_id):
                if shot.status is ShotStatus.FAILED and shot.keyframe:
                    self.set_shot(shot, ShotStatus.DONE)


def _holds_story(operation: Operation) -> bool:
    """Whether the story is `generating` on this operation's account, as long as it has not ended."""
    if operation.type is OperationType.STORY_CREATE:
        return True
    return operation.type is OperationType.VIDEO_RENDER and operation.attempt > 0
