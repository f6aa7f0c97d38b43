"""What a caller may ask of stories, whatever dialect asks: each method is one use case.

A use case writes through the store (one transaction), and tells the announcer after the commit. It waits for no broker.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.core.announcer import Announcer
from services.core.commands import CreateStory, Idempotency, StartOperation
from services.core.errors import FailedPrecondition
from services.core.model import AssetType, Operation, OperationId, OperationType, ShotId, StoryId, UserId
from services.core.ports import Accepted, OperationFilter, OwnerStore, Stopped


@dataclass(frozen=True, slots=True)
class Stories:
    """The use cases that begin, stop or throw away work. Plain reads go to the store itself."""

    store: OwnerStore
    announcer: Announcer

    async def create(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        """A new story and its queued `story_create`. Raises Conflict IDEMPOTENCY_KEY_REUSED."""
        return await self._announced(await self.store.create_story(user, command, idempotency))

    async def regenerate(
        self,
        user: UserId,
        story_id: StoryId,
        shot_id: ShotId,
        *,
        asset_type: AssetType = AssetType.IMAGE,
        details: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> Accepted:
        """Queue a new take of one part of a shot. Raises NotFound, Conflict IDEMPOTENCY_KEY_REUSED."""
        payload: dict[str, Any] = {"shot_id": str(shot_id), "asset_type": asset_type.value}
        if details is not None:
            payload["details"] = details
        command = StartOperation(type=OperationType.SHOT_REGEN, story_id=story_id, shot_id=shot_id, payload=payload)
        return await self._announced(await self.store.start_operation(user, command, idempotency))

    async def compile(
        self, user: UserId, story_id: StoryId, options: Mapping[str, Any], idempotency: Idempotency | None = None
    ) -> Accepted:
        """Queue the film. One asked for while the story is still being created waits its turn.

        `options` are the names of `FilmOptions`' payload. Raises NotFound STORY_NOT_FOUND, FailedPrecondition
        STORY_HAS_NO_SHOTS, STORYBOARD_UNFINISHED, Conflict IDEMPOTENCY_KEY_REUSED.
        """
        shots = await self.store.shots(user, story_id)
        unfinished = (await self.store.story(user, story_id)).storyboard_unfinished
        if (unfinished or not shots) and not await self._being_created(user, story_id):
            raise FailedPrecondition("STORYBOARD_UNFINISHED" if shots else "STORY_HAS_NO_SHOTS")
        payload = {"story_id": str(story_id), **options}
        command = StartOperation(type=OperationType.VIDEO_RENDER, story_id=story_id, shot_id=None, payload=payload)
        return await self._announced(await self.store.start_operation(user, command, idempotency))

    async def delete(self, user: UserId, story_id: StoryId) -> None:
        """Hide the story and stop what runs on it."""
        self._tell(await self.store.delete_story(user, story_id))

    async def cancel(self, user: UserId, operation_id: OperationId) -> Operation:
        """Ask an operation to stop; one that has ended is returned as it is."""
        operation, stopped = await self.store.request_cancel(user, operation_id)
        self._tell(stopped)
        return operation

    async def _being_created(self, user: UserId, story_id: StoryId) -> bool:
        where = OperationFilter(type=OperationType.STORY_CREATE, story_id=story_id)
        newest = await self.store.operations(user, limit=1, where=where)
        return any(not operation.done for operation in newest)

    def _tell(self, stopped: Stopped) -> None:
        """What waited behind the stopped operation starts now, not at the next sweep."""
        self.announcer.tell(operations=stopped.unblocked, events=stopped.events)

    async def _announced(self, accepted: Accepted) -> Accepted:
        if not accepted.replayed:
            self.announcer.tell(operations=(accepted.operation.id,))
            # Let the wake-up leave before the answer is rendered: the worker need not wait for that.
            await asyncio.sleep(0)
        return accepted
