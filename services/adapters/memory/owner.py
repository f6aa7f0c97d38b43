"""The owner's half of the store's twin."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from services.adapters.memory.tables import Tables
from services.core import takes
from services.core.commands import CreateStory, Idempotency, PatchShot, StartOperation
from services.core.errors import NotFound
from services.core.model import (
    AssetType,
    Operation,
    OperationEvent,
    OperationId,
    OperationStatus,
    OperationType,
    Shot,
    ShotId,
    ShotVersion,
    Story,
    StoryId,
    StoryStatus,
    UserId,
)
from services.core.ports import Accepted, Stopped


class OwnerMethods:
    """`services.core.ports.OwnerStore` in memory."""

    def __init__(self, tables: Tables) -> None:
        self._db = tables

    async def create_story(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        if earlier := self._replayed(user, idempotency):
            return earlier
        self._db.refuse_when_full(user, command.terms.most_queued)
        at = self._db.clock()
        story = Story(
            id=StoryId(self._db.new_id()),
            user_id=user,
            created_at=at,
            updated_at=at,
            content=command.content,
            title=command.title,
            style=command.style,
            language=command.language,
            aspect=command.aspect,
            voice=command.voice,
            shot_count=command.shot_count,
            status=StoryStatus.GENERATING,
            revision=1,
        )
        self._db.stories[story.id] = story
        start = StartOperation(
            type=OperationType.STORY_CREATE, story_id=story.id, shot_id=None, payload=command.payload, terms=command.terms
        )
        return self._queue(user, start, idempotency)

    async def start_operation(self, user: UserId, command: StartOperation, idempotency: Idempotency | None = None) -> Accepted:
        if earlier := self._replayed(user, idempotency):
            return earlier
        self._story(user, command.story_id)
        if command.shot_id is not None:
            self._shot(user, command.story_id, command.shot_id)
        self._db.refuse_when_full(user, command.terms.most_queued)
        return self._queue(user, command, idempotency)

    async def story(self, user: UserId, story_id: StoryId) -> Story:
        return self._story(user, story_id)

    async def stories(self, user: UserId, *, limit: int, before: StoryId | None = None) -> tuple[Story, ...]:
        found = [
            story
            for story in self._db.stories.values()
            if story.user_id == user and story.id not in self._db.deleted and (before is None or story.id < before)
        ]
        return tuple(sorted(found, key=lambda story: story.id, reverse=True)[:limit])

    async def delete_story(self, user: UserId, story_id: StoryId) -> Stopped:
        story = self._story(user, story_id)
        self._db.stories[story_id] = replace(story, updated_at=self._db.clock())
        self._db.deleted.add(story_id)
        return self._db.stop([o for o in self._db.operations.values() if o.story_id == story_id and not o.done], "STORY_DELETED")

    async def shots(self, user: UserId, story_id: StoryId) -> tuple[Shot, ...]:
        self._story(user, story_id)
        return self._db.shots_of(story_id)

    async def shot(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> Shot:
        return self._shot(user, story_id, shot_id)

    async def patch_shot(self, user: UserId, story_id: StoryId, shot_id: ShotId, patch: PatchShot) -> Shot:
        shot = self._shot(user, story_id, shot_id)
        after = takes.patched(shot, patch)
        if after == shot:
            return shot
        self._db.keep_takes(shot, takes.changed(shot, after, AssetType.TEXT))
        return self._db.write_shot(shot, after)

    async def shot_versions(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> tuple[ShotVersion, ...]:
        self._shot(user, story_id, shot_id)
        newest_first = sorted(self._db.versions.get(shot_id, []), key=lambda v: -v.number)
        return tuple(sorted(newest_first, key=lambda v: v.asset_type))

    async def restore_version(self, user: UserId, story_id: StoryId, shot_id: ShotId, asset_type: AssetType, number: int) -> Shot:
        shot = self._shot(user, story_id, shot_id)
        for version in self._db.versions.get(shot_id, []):
            if version.asset_type is asset_type and version.number == number:
                break
        else:
            raise NotFound("VERSION_NOT_FOUND", asset_type=asset_type.value, number=number)
        after = takes.restored(shot, version)
        if version.current and after == shot:
            return shot
        self._db.make_current(shot_id, asset_type, number)
        self._db.keep_takes(after, takes.brought_along(shot, after, asset_type))
        return self._db.write_shot(shot, after)

    async def operation(self, user: UserId, operation_id: OperationId) -> Operation:
        operation = self._db.operations.get(operation_id)
        if operation is None or operation.user_id != user:
            raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return operation

    async def watched(self, which: Sequence[tuple[UserId, OperationId]]) -> tuple[Operation, ...]:
        found = [(user, self._db.operations.get(operation_id)) for user, operation_id in which]
        return tuple(operation for user, operation in found if operation is not None and operation.user_id == user)

    async def events(
        self, user: UserId, operation_id: OperationId, *, after: int = 0, limit: int = 500
    ) -> tuple[OperationEvent, ...]:
        await self.operation(user, operation_id)
        return tuple(event for event in self._db.events[operation_id] if event.seq > after)[:limit]

    def _story(self, user: UserId, story_id: StoryId) -> Story:
        story = self._db.stories.get(story_id)
        if story is None or story.user_id != user or story_id in self._db.deleted:
            raise NotFound("STORY_NOT_FOUND", id=story_id)
        return story

    def _shot(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> Shot:
        self._story(user, story_id)
        shot = self._db.shots.get(shot_id)
        if shot is None or shot.story_id != story_id:
            raise NotFound("SHOT_NOT_FOUND", id=shot_id)
        return shot

    def _queue(self, user: UserId, command: StartOperation, idempotency: Idempotency | None) -> Accepted:
        at = self._db.clock()
        terms = command.terms
        operation = Operation(
            id=OperationId(self._db.new_id()),
            user_id=user,
            story_id=command.story_id,
            shot_id=command.shot_id,
            type=command.type,
            payload=command.payload,
            status=OperationStatus.QUEUED,
            created_at=at,
            updated_at=at,
            run_after=at,
            deadline_at=at + timedelta(seconds=terms.cancel_after) if terms.cancel_after is not None else None,
            priority=terms.priority,
        )
        self._db.operations[operation.id] = operation
        self._db.append(operation.id, "queued", {"type": command.type.value})
        return Accepted(operation, expires_at=self._db.keep_key(user, idempotency, operation.id))

    def _replayed(self, user: UserId, idempotency: Idempotency | None) -> Accepted | None:
        kept = self._db.key_in_force(user, idempotency) if idempotency else None
        return kept and Accepted(self._db.operations[OperationId(kept[1])], replayed=True, expires_at=kept[2])
