"""What a caller may ask of stories, whatever dialect asks: each method is one use case.

A use case writes through the store (one transaction), and tells the announcer after the commit. It waits for no broker.
"""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from services.core.announcer import Announcer
from services.core.commands import CreateStory, Idempotency, StartOperation, Terms
from services.core.errors import FailedPrecondition, NotFound, ResourceExhausted
from services.core.filtering import All, Any, Comparison, Condition
from services.core.model import AssetType, Operation, OperationId, OperationStatus, OperationType, ShotId, StoryId, UserId
from services.core.ordering import Place, place_of
from services.core.ports import Accepted, OperationFilter, OwnerStore, Stopped

_AS_USUAL = Terms()
_PAGE = 100
MOST_CHANGED = 500
MOST_SEEN = 2000
"""So many operations one bulk request changes, and looks at: some seconds' work."""

_OLDEST_FIRST = ("create_time",)
_UNFINISHED: Condition = Comparison("done", "=", False)
_GONE_WRONG: Condition = Any(tuple(Comparison("status", "=", s.value) for s in (OperationStatus.FAILED, OperationStatus.CANCELLED)))

_Steer = Callable[[UserId, OperationId], Awaitable[tuple[Operation, Stopped]]]


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a request about many operations has come to: of those that it meant, so many were changed, and so many were as wished
    already, or had changed before their turn came. `next` is where to go on when there are more, and `retry_after` in how many
    seconds, where there was no room for them.
    """

    changed: int
    unchanged: int
    next: Place | None
    retry_after: float | None = None

    @property
    def more(self) -> bool:
        return self.next is not None


@dataclass(frozen=True, slots=True)
class Stories:
    """The use cases that begin, steer, stop or throw away work. Plain reads go to the store itself."""

    store: OwnerStore
    announcer: Announcer

    async def create(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        """A new story and its queued `story_create`.

        Raises, as starting any operation does, Conflict IDEMPOTENCY_KEY_REUSED, and ResourceExhausted QUEUE_FULL.
        """
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
        terms: Terms = _AS_USUAL,
    ) -> Accepted:
        """Queue a new take of one part of a shot. Raises NotFound, and what starting any operation does."""
        payload: dict[str, object] = {"shot_id": str(shot_id), "asset_type": asset_type.value}
        if details is not None:
            payload["details"] = details
        command = StartOperation(type=OperationType.SHOT_REGEN, story_id=story_id, shot_id=shot_id, payload=payload, terms=terms)
        return await self._announced(await self.store.start_operation(user, command, idempotency))

    async def compile(
        self,
        user: UserId,
        story_id: StoryId,
        options: Mapping[str, object],
        idempotency: Idempotency | None = None,
        *,
        terms: Terms = _AS_USUAL,
    ) -> Accepted:
        """Queue the film. One asked for while the story is still being created waits its turn.

        `options` are the names of `FilmOptions`' payload. Raises NotFound STORY_NOT_FOUND, FailedPrecondition
        STORY_HAS_NO_SHOTS, STORYBOARD_UNFINISHED, and what starting any operation does.
        """
        shots = await self.store.shots(user, story_id)
        unfinished = (await self.store.story(user, story_id)).storyboard_unfinished
        if (unfinished or not shots) and not await self._being_created(user, story_id):
            raise FailedPrecondition("STORYBOARD_UNFINISHED" if shots else "STORY_HAS_NO_SHOTS")
        payload = {"story_id": str(story_id), **options}
        command = StartOperation(type=OperationType.VIDEO_RENDER, story_id=story_id, shot_id=None, payload=payload, terms=terms)
        return await self._announced(await self.store.start_operation(user, command, idempotency))

    async def delete(self, user: UserId, story_id: StoryId) -> None:
        """Hide the story and stop what runs on it."""
        self._tell(await self.store.delete_story(user, story_id))

    async def cancel(self, user: UserId, operation_id: OperationId) -> Operation:
        """Ask an operation to stop; one that has ended is returned as it is. Raises NotFound."""
        return self._steered(await self.store.request_cancel(user, operation_id))

    async def pause(self, user: UserId, operation_id: OperationId) -> Operation:
        """Put an operation aside, with what it has made. Raises NotFound, FailedPrecondition OPERATION_ENDED."""
        return self._steered(await self.store.request_pause(user, operation_id))

    async def resume(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> Operation:
        """Let a paused operation go on. Raises NotFound, FailedPrecondition OPERATION_ENDED, ResourceExhausted QUEUE_FULL."""
        return self._steered(await self.store.resume(user, operation_id, most_queued=most_queued))

    async def retry(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> Operation:
        """Go on with what failed or was cancelled.

        Raises NotFound, FailedPrecondition OPERATION_SUCCEEDED, ResourceExhausted QUEUE_FULL.
        """
        return self._steered(await self.store.retry(user, operation_id, most_queued=most_queued))

    async def forget(self, user: UserId, operation_id: OperationId) -> None:
        """Delete an ended operation. Raises NotFound, FailedPrecondition OPERATION_UNFINISHED."""
        await self.store.forget(user, operation_id)

    async def cancel_all(self, user: UserId, where: Condition, *, after: Place | None = None) -> Bulk:
        """Cancel those of an owner's operations that `where` names and that have not ended, the oldest first."""
        return await self._all(user, All((where, _UNFINISHED)), self.store.request_cancel, after)

    async def retry_all(
        self, user: UserId, where: Condition, *, after: Place | None = None, most_queued: int | None = None
    ) -> Bulk:
        """Try again those of an owner's operations that `where` names and that failed or were cancelled, the oldest first.

        Ends where the queue is full. Raises ResourceExhausted QUEUE_FULL when not one has found room.
        """
        steer = functools.partial(self.store.retry, most_queued=most_queued)
        return await self._all(user, All((where, _GONE_WRONG)), steer, after)

    async def _all(self, user: UserId, where: Condition, steer: _Steer, place: Place | None) -> Bulk:
        wanted = OperationFilter(where=where, order_by=_OLDEST_FIRST)
        seen = changed = 0
        while changed < MOST_CHANGED and seen < MOST_SEEN:
            page = await self.store.operations(user, limit=_PAGE, after=place, where=wanted)
            for operation in page:
                try:
                    _, stopped = await steer(user, operation.id)
                except (NotFound, FailedPrecondition):
                    pass  # it has changed since, or its story is gone
                except ResourceExhausted as full:
                    if not changed:
                        raise
                    return Bulk(changed, seen - changed, place, full.retry_after)
                else:
                    changed += bool(stopped.events)
                    self._tell(stopped)
                seen += 1
                place = place_of(operation, _OLDEST_FIRST)
            if len(page) < _PAGE:
                return Bulk(changed, seen - changed, None)
        return Bulk(changed, seen - changed, place)

    async def _being_created(self, user: UserId, story_id: StoryId) -> bool:
        where = OperationFilter(type=OperationType.STORY_CREATE, story_id=story_id)
        newest = await self.store.operations(user, limit=1, where=where)
        return any(not operation.done for operation in newest)

    def _steered(self, outcome: tuple[Operation, Stopped]) -> Operation:
        operation, stopped = outcome
        self._tell(stopped)
        return operation

    def _tell(self, stopped: Stopped) -> None:
        """What waited behind the stopped operation starts now, not at the next sweep."""
        self.announcer.tell(operations=stopped.unblocked, events=stopped.events)

    async def _announced(self, accepted: Accepted) -> Accepted:
        if not accepted.replayed:
            self.announcer.tell(operations=(accepted.operation.id,))
            # Let the wake-up leave before the answer is rendered: the worker need not wait for that.
            await asyncio.sleep(0)
        return accepted
