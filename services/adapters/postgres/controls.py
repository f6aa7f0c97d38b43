"""What owners do to operations that are there: cancel, pause, resume, try again, forget."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.adapters.postgres import endings, rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.core import lifecycle
from services.core.errors import FailedPrecondition, NotFound
from services.core.model import Operation, OperationId, OperationStatus, UserId
from services.core.ports import Stopped
from services.core.retrying import queue_full


class Controls:
    """The part of `OwnerStore` that changes an operation's course. Each is one transaction, which locks the story first."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def request_cancel(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        async with self._locked(user, operation_id) as (connection, operation):
            if operation.done:
                return operation, Stopped()
            stopped = await stop(self._db, connection, [operation], "CANCELLED")
            return await self._now(connection, operation), stopped

    async def request_pause(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        async with self._locked(user, operation_id) as (connection, operation):
            _refuse_ended(operation)
            if operation.status is OperationStatus.RUNNING:
                if operation.cancel_requested_at or operation.pause_requested_at:
                    return operation, Stopped()
                return await self._ask_to_pause(connection, operation, "pause_requested", wanted=True)
            if operation.status is OperationStatus.PAUSED:
                return operation, Stopped()
            ended = await endings.pause(self._db, connection, [operation_id])
            return ended.operations[0], Stopped(ended.events, ended.unblocked)

    async def resume(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        async with self._locked(user, operation_id) as (connection, operation):
            _refuse_ended(operation)
            if operation.status is OperationStatus.RUNNING and operation.pause_requested_at:
                return await self._ask_to_pause(connection, operation, "resumed", wanted=False)
            if operation.status is not OperationStatus.PAUSED:
                return operation, Stopped()
            await refuse_when_full(self._db, connection, user, most_queued)
            queued = await endings.requeue(self._db, connection, [operation_id], kind="resumed", data={})
            return queued.operations[0], Stopped(queued.events, queued.unblocked)

    async def retry(self, user: UserId, operation_id: OperationId, *, most_queued: int | None = None) -> tuple[Operation, Stopped]:
        queries = self._db.queries
        async with self._locked(user, operation_id) as (connection, operation):
            if operation.status is OperationStatus.SUCCEEDED:
                raise FailedPrecondition("OPERATION_SUCCEEDED")
            if not operation.done:
                return operation, Stopped()
            if await queries.story(connection, user_id=user, story_id=operation.story_id) is None:
                raise NotFound("STORY_NOT_FOUND", id=operation.story_id)
            await refuse_when_full(self._db, connection, user, most_queued)
            row = await queries.retry_operation(
                connection,
                user_id=user,
                operation_id=operation_id,
                sources=lifecycle.sources(lifecycle.OPERATION, OperationStatus.QUEUED),
            )
            unblocked = await endings.unblock(self._db, connection, [operation.story_id])
            return rows.operation(row), Stopped((rows.newest_event(row, "retry_requested", {}),), unblocked)

    async def forget(self, user: UserId, operation_id: OperationId) -> None:
        async with self._locked(user, operation_id) as (connection, operation):
            if not operation.done:
                raise FailedPrecondition("OPERATION_UNFINISHED", status=operation.status.value)
            await self._db.queries.forget_operation(connection, user_id=user, operation_id=operation_id)

    async def _ask_to_pause(
        self, connection: Connection, operation: Operation, kind: str, *, wanted: bool
    ) -> tuple[Operation, Stopped]:
        row = await self._db.queries.ask_to_pause(
            connection, user_id=operation.user_id, operation_id=operation.id, wanted=wanted, kind=kind
        )
        return rows.operation(row), Stopped((rows.newest_event(row, kind, {}),))

    async def _now(self, connection: Connection, operation: Operation) -> Operation:
        return rows.operation(await self._db.queries.operation(connection, user_id=operation.user_id, operation_id=operation.id))

    @asynccontextmanager
    async def _locked(self, user: UserId, operation_id: OperationId) -> AsyncIterator[tuple[Connection, Operation]]:
        """A transaction in which nobody else changes the operation's status. Raises NotFound."""
        which = {"user_id": user, "operation_id": operation_id}
        async with self._db.transaction() as connection:
            await self._db.queries.lock_story_of(connection, **which)
            row = await self._db.queries.operation(connection, **which)
            if row is None:
                raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
            yield connection, rows.operation(row)


async def stop(database: Database, connection: Connection, unfinished: Sequence[Operation], reason: str) -> Stopped:
    """Ask those that run to stop, once, and end the others `cancelled`. Their stories are locked."""
    data = {"reason": reason}
    running = [operation.id for operation in unfinished if operation.status is OperationStatus.RUNNING]
    waiting = [operation.id for operation in unfinished if operation.status is not OperationStatus.RUNNING]
    asked = database.queries.ask_to_stop(connection, operation_ids=running, data=data) if running else None
    events = [rows.newest_event(row, "cancel_requested", data) async for row in asked] if asked else []
    ended = await endings.end_cancelled(database, connection, waiting, data)
    return Stopped((*events, *ended.events), ended.unblocked)


async def refuse_when_full(database: Database, connection: Connection, user: UserId, most: int | None) -> None:
    """Raises ResourceExhausted QUEUE_FULL when `most` of the owner's operations are queued; None is any number.

    What the caller's transaction then adds to the queue is seen by whoever asks next. Its story is locked before.
    """
    if most is not None and await database.queries.queue_alone(connection, user_id=user, most=most) >= most:
        raise queue_full(most)


def _refuse_ended(operation: Operation) -> None:
    if operation.done:
        raise FailedPrecondition("OPERATION_ENDED", status=operation.status.value)
