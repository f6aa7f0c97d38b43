"""What the twin of the store keeps, and the rules that owners' and workers' methods share."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.adapters.ids import Uuid7
from services.adapters.memory.hooks import Hooks
from services.core import codec, lifecycle
from services.core.commands import Idempotency
from services.core.errors import Conflict
from services.core.model import (
    Artifact,
    AssetType,
    BibleEntry,
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
from services.core.ports import Ended, Stopped
from services.core.retrying import counts, queue_full
from services.core.takes import Take
from services.core.webhooks import WebhookId

Clock = Callable[[], datetime]

_NEVER = datetime.min.replace(tzinfo=UTC)
_KEYS_KEPT = timedelta(hours=24)


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
        self.idempotency: dict[tuple[UserId, str], tuple[str, OperationId | WebhookId, datetime]] = {}
        self.beats: dict[str, datetime] = {}
        self.served: dict[UserId, datetime] = {}
        self.held_back: set[UserId] = set()
        self.hooks = Hooks(clock, self.new_id)

    # -- idempotency keys --------------------------------------------------------------------------------------------------

    def key_in_force(self, user: UserId, idempotency: Idempotency) -> tuple[str, OperationId | WebhookId, datetime] | None:
        """What the key was used for before. Raises Conflict when that was another request."""
        kept = self.idempotency.get((user, idempotency.key))
        if kept is None or kept[2] <= self.clock():
            return None
        if kept[0] != idempotency.request:
            raise Conflict("IDEMPOTENCY_KEY_REUSED")
        return kept

    def keep_key(self, user: UserId, idempotency: Idempotency | None, named: OperationId | WebhookId) -> datetime | None:
        """Until when the key, if there is one, names this."""
        if idempotency is None:
            return None
        until = self.clock() + _KEYS_KEPT
        self.idempotency[user, idempotency.key] = idempotency.request, named, until
        return until

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

    def mark_storyboard(self, story_id: StoryId, bible: tuple[BibleEntry, ...], *, unfinished: bool) -> None:
        story = self.stories[story_id]
        at = story.updated_at if story.storyboard_unfinished is unfinished else self.clock()
        self.stories[story_id] = replace(story, bible=bible, storyboard_unfinished=unfinished, updated_at=at)

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
        self.hooks.tell(event, operation)
        return event

    def note(self, operation_id: OperationId, kind: str, data: Mapping[str, Any]) -> OperationEvent:
        """An event that changes nothing else of its operation."""
        event = self.append(operation_id, kind, data)
        self.operations[operation_id] = replace(self.operations[operation_id], updated_at=event.at)
        return event

    def claimable(self, operation: Operation) -> bool:
        """Queued, due, and neither a conflicting operation running nor an older one queued, nor a creation paused."""
        if operation.status is not OperationStatus.QUEUED or operation.run_after > self.clock():
            return False
        return not any(
            other.status is OperationStatus.RUNNING or (lifecycle.keeps_its_place(other) and other.id < operation.id)
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
            pause_requested_at=None,
            finished_at=at,
            updated_at=at,
            progress=1.0 if status is OperationStatus.SUCCEEDED else operation.progress,
            cancel_requested_at=operation.cancel_requested_at or cancelled_at,
        )
        event = self.append(operation.id, status.value, data)
        self._settle_story(ended)
        self._settle_shot(ended)
        self._settle_filmed(ended)
        return Ended(ended, event, self.unblock(ended.story_id, ended.user_id))

    def end_failed(self, operation: Operation, failure: Failure) -> Ended:
        return self.end(operation, OperationStatus.FAILED, codec.failure_to_json(failure), failure)

    def end_cancelled(self, operation: Operation, reason: str = "CANCELLED") -> Ended:
        return self.end(operation, OperationStatus.CANCELLED, {"reason": reason})

    def requeue(
        self, operation: Operation, *, kind: str, data: Mapping[str, Any], delay: float = 0.0, failure: Failure | None = None
    ) -> Ended:
        return self._put_back(operation, OperationStatus.QUEUED, kind, data=data, delay=delay, failure=failure)

    def pause(self, operation: Operation, failure: Failure | None = None) -> Ended:
        data = {"failure": codec.failure_to_json(failure)} if failure else {}
        return self._put_back(operation, OperationStatus.PAUSED, "paused", data=data, failure=failure)

    def _put_back(
        self,
        operation: Operation,
        status: OperationStatus,
        kind: str,
        *,
        data: Mapping[str, Any],
        failure: Failure | None,
        delay: float = 0.0,
    ) -> Ended:
        """Into the queue or aside; the time for which one was put aside is none that it has taken."""
        at = self.clock()
        aside = at - operation.updated_at if operation.status is OperationStatus.PAUSED else timedelta()
        back = self.operations[operation.id] = replace(
            operation,
            status=status,
            run_after=at + timedelta(seconds=delay),
            announced_at=None,
            failures=operation.failures + int(counts(failure)),
            failure=failure or operation.failure,
            worker="",
            stage="",
            lease_expires_at=None,
            pause_requested_at=None,
            started_at=operation.started_at + aside if operation.started_at else None,
            updated_at=at,
        )
        event = self.append(operation.id, kind, data)
        unblocked = self.unblock(back.story_id, back.user_id)
        return Ended(self.operations[operation.id], event, unblocked)

    def again(self, ended: Operation) -> tuple[OperationEvent, tuple[OperationId, ...]]:
        """As if it had only just been asked for, but for its number of attempts."""
        at = self.clock()
        self.operations[ended.id] = replace(
            ended,
            status=OperationStatus.QUEUED,
            run_after=at,
            announced_at=None,
            worker="",
            stage="",
            progress=0.0,
            failure=None,
            failures=0,
            losses=0,
            started_at=None,
            finished_at=None,
            cancel_requested_at=None,
            deadline_at=ended.deadline_at if ended.deadline_at and ended.deadline_at > at else None,
            updated_at=at,
        )
        return self.append(ended.id, "retry_requested", {}), self.unblock(ended.story_id)

    def stop(self, unfinished: Sequence[Operation], reason: str) -> Stopped:
        """Ask those that run to stop, once, and end the others `cancelled`."""
        asked = [
            self._ask_to_stop(o, reason) for o in unfinished if o.status is OperationStatus.RUNNING and not o.cancel_requested_at
        ]
        ended = [self.end_cancelled(o, reason) for o in unfinished if o.status is not OperationStatus.RUNNING]
        free = {o.story_id: self.unblock(o.story_id, o.user_id) for o in unfinished if o.status is not OperationStatus.RUNNING}
        return Stopped((*asked, *(each.event for each in ended)), tuple(i for each in free.values() for i in each))

    def _ask_to_stop(self, operation: Operation, reason: str) -> OperationEvent:
        at = self.clock()
        self.operations[operation.id] = replace(operation, cancel_requested_at=at, updated_at=at)
        return self.append(operation.id, "cancel_requested", {"reason": reason})

    def unblock(self, story_id: StoryId, user_id: UserId | None = None) -> tuple[OperationId, ...]:
        """What may start on this story now counts as never announced; and the owner's next, if its quota held it back."""
        free = [o for o in self.operations.values() if o.story_id == story_id and self.claimable(o)]
        self.operations |= {o.id: replace(o, announced_at=None) for o in free}
        waiting = self.queue(user_id)[:1] if user_id in self.held_back else []
        return tuple(sorted({o.id for o in (*free, *waiting)}))

    def queue(self, user_id: UserId | None) -> list[Operation]:
        """What may start of an owner's, in its order."""
        found = (o for o in self.operations.values() if o.user_id == user_id and self.claimable(o))
        return sorted(found, key=lambda o: (-o.priority, o.id))

    def turns(self, room: int, most_running: int | None) -> list[Operation]:
        """The next operations to start, fairest first."""
        ranked = []
        for user_id in self._owners(OperationStatus.QUEUED):
            running = self._owners(OperationStatus.RUNNING)[user_id]
            most = room if most_running is None else max(0, most_running - running)
            served = self.served.get(user_id, _NEVER)
            ranked += [(running + turn, served, o.id, o) for turn, o in enumerate(self.queue(user_id)[:most])]
        return [operation for *_, operation in sorted(ranked)][:room]

    def refuse_when_full(self, user_id: UserId, most: int | None) -> None:
        if most is not None and self._owners(OperationStatus.QUEUED)[user_id] >= most:
            raise queue_full(most)

    def hold_back(self, most_running: int) -> None:
        """Remember whose operations wait for their own running ones."""
        running = self._owners(OperationStatus.RUNNING)
        self.held_back |= {user_id for user_id in self._owners(OperationStatus.QUEUED) if running[user_id] >= most_running}

    def _owners(self, status: OperationStatus) -> Counter[UserId]:
        return Counter(o.user_id for o in self.operations.values() if o.status is status)

    def _settle_story(self, ended: Operation) -> None:
        """Unless it has not begun its work (a creation has, with its story), or another operation has the story in hand."""
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
        if ended.shot_id is None or ended.started_at is None:
            return
        others = (o for o in self.operations.values() if o.shot_id == ended.shot_id and not o.done)
        if any(other.started_at for other in others):
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
    """Whether the story is `generating` on this operation's account, as long as it has not ended: a creation from the beginning,
    a compile once it has begun; one that is tried again, once it has begun again.
    """
    if operation.type is OperationType.STORY_CREATE and operation.attempt == 0:
        return True
    return operation.type is not OperationType.SHOT_REGEN and operation.started_at is not None
