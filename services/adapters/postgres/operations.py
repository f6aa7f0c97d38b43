"""Operations as their owners see them."""

from contextlib import suppress

import asyncpg

from services.adapters.postgres import endings, rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.stories import IDEMPOTENCY_SECONDS, replayed
from services.core import lifecycle
from services.core.commands import Idempotency, StartOperation
from services.core.errors import NotFound
from services.core.model import Operation, OperationEvent, OperationId, OperationStatus, UserId
from services.core.ports import Accepted, OperationFilter, Stopped

_ANY = OperationFilter()


class Operations:
    """The part of `OwnerStore` that is about operations and their timelines."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def start_operation(self, user: UserId, command: StartOperation, idempotency: Idempotency | None = None) -> Accepted:
        queries = self._db.queries
        async with self._db.connection() as connection:
            while True:
                row = None
                with suppress(asyncpg.ForeignKeyViolationError):  # the shot went away since the statement began
                    row = await queries.start_operation(
                        connection,
                        operation_id=self._db.new_id(),
                        user_id=user,
                        story_id=command.story_id,
                        shot_id=command.shot_id,
                        type=command.type,
                        payload=command.payload,
                        key=idempotency.key if idempotency else None,
                        request=idempotency.request if idempotency else None,
                        key_seconds=IDEMPOTENCY_SECONDS,
                    )
                if row is not None:
                    return Accepted(rows.operation(row))
                if idempotency and (earlier := await replayed(self._db, connection, user, idempotency)):
                    return earlier
                if await queries.story(connection, user_id=user, story_id=command.story_id) is None:
                    raise NotFound("STORY_NOT_FOUND", id=command.story_id)
                shot = {"user_id": user, "story_id": command.story_id, "shot_id": command.shot_id}
                if command.shot_id and await queries.shot(connection, **shot) is None:
                    raise NotFound("SHOT_NOT_FOUND", id=command.shot_id)
                # The key expired between the statements: now it can be taken.

    async def operation(self, user: UserId, operation_id: OperationId) -> Operation:
        async with self._db.connection() as connection:
            row = await self._db.queries.operation(connection, user_id=user, operation_id=operation_id)
        if row is None:
            raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return rows.operation(row)

    async def operations(
        self, user: UserId, *, limit: int, before: OperationId | None = None, where: OperationFilter = _ANY
    ) -> tuple[Operation, ...]:
        page = {"user_id": user, "before": before, "status": where.status, "type": where.type, "row_limit": limit}
        async with self._db.connection() as connection:
            if where.story_id is None:
                found = self._db.queries.operations(connection, **page)
            else:
                found = self._db.queries.operations_of_story(connection, story_id=where.story_id, **page)
            return tuple([rows.operation(row) async for row in found])

    async def request_cancel(self, user: UserId, operation_id: OperationId) -> tuple[Operation, Stopped]:
        queries = self._db.queries
        data = {"reason": "CANCELLED"}
        async with self._db.transaction() as connection:
            if await queries.lock_story_of(connection, user_id=user, operation_id=operation_id) is None:
                raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
            row = await queries.operation(connection, user_id=user, operation_id=operation_id)
            status = OperationStatus(row["status"])
            if status in lifecycle.TERMINAL:
                return rows.operation(row), Stopped()
            if status is OperationStatus.RUNNING:
                asked = await queries.ask_to_stop(connection, user_id=user, operation_id=operation_id, data=data)
                if asked is None:
                    return rows.operation(row), Stopped()
                return rows.operation(asked), Stopped((rows.newest_event(asked, "cancel_requested", data),))
            ended = await endings.end_cancelled(self._db, connection, [operation_id], data)
            return ended.operations[0], Stopped(ended.events, ended.unblocked)

    async def events(
        self, user: UserId, operation_id: OperationId, *, after: int = 0, limit: int = 500
    ) -> tuple[OperationEvent, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.events(connection, user_id=user, operation_id=operation_id, after=after, row_limit=limit)
            events = tuple([rows.event(row) async for row in found])
            if not events and await self._db.queries.operation(connection, user_id=user, operation_id=operation_id) is None:
                raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return events
