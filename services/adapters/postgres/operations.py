"""Operations as their owners see them."""

from collections.abc import Sequence
from contextlib import suppress

import asyncpg

from services.adapters.postgres import rows
from services.adapters.postgres.controls import refuse_when_full
from services.adapters.postgres.database import Database
from services.adapters.postgres.stories import IDEMPOTENCY_SECONDS, replayed
from services.core.commands import Idempotency, StartOperation
from services.core.errors import NotFound
from services.core.model import Operation, OperationEvent, OperationId, UserId
from services.core.ports import Accepted


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
                        cancel_after=command.terms.cancel_after,
                        priority=command.terms.priority,
                        most_queued=command.terms.most_queued,
                    )
                if row is not None:
                    return Accepted(rows.operation(row), expires_at=row["key_expires_at"])
                if idempotency and (earlier := await replayed(self._db, connection, user, idempotency)):
                    return earlier
                if await queries.story(connection, user_id=user, story_id=command.story_id) is None:
                    raise NotFound("STORY_NOT_FOUND", id=command.story_id)
                shot = {"user_id": user, "story_id": command.story_id, "shot_id": command.shot_id}
                if command.shot_id and await queries.shot(connection, **shot) is None:
                    raise NotFound("SHOT_NOT_FOUND", id=command.shot_id)
                await refuse_when_full(self._db, connection, user, command.terms.most_queued)
                # The key expired between the statements, or a place became free: now it can be taken.

    async def operation(self, user: UserId, operation_id: OperationId) -> Operation:
        async with self._db.connection() as connection:
            row = await self._db.queries.operation(connection, user_id=user, operation_id=operation_id)
        if row is None:
            raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return rows.operation(row)

    async def watched(self, which: Sequence[tuple[UserId, OperationId]]) -> tuple[Operation, ...]:
        users, ids = [user for user, _ in which], [operation_id for _, operation_id in which]
        async with self._db.connection() as connection:
            found = self._db.queries.watched(connection, user_ids=users, operation_ids=ids)
            return tuple([rows.operation(row) async for row in found])

    async def events(
        self, user: UserId, operation_id: OperationId, *, after: int = 0, limit: int = 500
    ) -> tuple[OperationEvent, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.events(connection, user_id=user, operation_id=operation_id, after=after, row_limit=limit)
            events = tuple([rows.event(row) async for row in found])
            if not events and await self._db.queries.operation(connection, user_id=user, operation_id=operation_id) is None:
                raise NotFound("OPERATION_NOT_FOUND", id=operation_id)
        return events
