"""The sweeper's work, and what the announcer and the health checks ask for."""

from collections.abc import Sequence
from uuid import UUID

from services.adapters.postgres import endings, rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.endings import Ending
from services.adapters.postgres.migrate import Connection
from services.core import lifecycle
from services.core.errors import StoryreelError
from services.core.model import Language, Operation, OperationEvent, OperationId
from services.core.ports import Swept

_WORKERS_KEPT_SECONDS = 24 * 3600.0


class Sweeps:
    """The part of `WorkerStore` that puts in order what workers left behind, and all of `OutboxStore`."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def sweep(self, *, announce_after: float, limit: int = 500) -> Swept | None:
        queries = self._db.queries
        events: list[OperationEvent] = []
        announce: dict[OperationId, None] = {}
        async with self._db.transaction() as connection:
            if not await queries.try_sweep_lock(connection):
                return None
            suspects = [row["id"] async for row in queries.expired(connection, row_limit=limit)]
            for ending in await self._reclaim(connection, suspects) if suspects else ():
                events += ending.events
                announce |= dict.fromkeys(ending.unblocked)
            found = queries.unannounced(connection, announce_after=announce_after, row_limit=limit)
            announce |= {OperationId(row["id"]): None async for row in found}
            await queries.prune_idempotency_keys(connection)
            await queries.prune_workers(connection, older_than=_WORKERS_KEPT_SECONDS)
        return Swept(tuple(announce), tuple(events))

    async def beat(self, worker: str) -> None:
        async with self._db.connection() as connection:
            await self._db.queries.beat(connection, worker=worker)

    async def live_workers(self, within: float) -> int:
        async with self._db.connection() as connection:
            count: int = await self._db.queries.live_workers(connection, within=within)
        return count

    async def mark_announced(self, ids: Sequence[OperationId]) -> None:
        async with self._db.connection() as connection:
            await self._db.queries.mark_announced(connection, operation_ids=ids)

    async def ready(self) -> None:
        async with self._db.connection() as connection:
            await self._db.queries.ping(connection)

    async def _reclaim(self, connection: Connection, suspects: Sequence[UUID]) -> list[Ending]:
        """Give expired operations another attempt; end those that were to be cancelled or have lost too many workers."""
        queries = self._db.queries
        locked = queries.lock_stories_of(connection, operation_ids=suspects)
        languages = {row["id"]: Language(row["language"]) async for row in locked}
        expired = [rows.operation(row) async for row in queries.count_losses(connection, operation_ids=suspects)]
        cancelled = [o for o in expired if o.cancel_requested_at]
        exhausted = [o for o in expired if not o.cancel_requested_at and o.losses >= lifecycle.MOST_LOSSES]
        again = [o for o in expired if not o.cancel_requested_at and o.losses < lifecycle.MOST_LOSSES]
        return [
            await endings.end_cancelled(self._db, connection, _ids(cancelled), {"reason": "CANCELLED"}),
            *[
                await endings.end_failed(self._db, connection, _ids([o]), _exhausted(o).failure(languages[o.story_id]))
                for o in exhausted
            ],
            await endings.requeue(self._db, connection, _ids(again), kind="lease_expired", data={}),
        ]


def _ids(operations: Sequence[Operation]) -> list[UUID]:
    return [operation.id for operation in operations]


def _exhausted(operation: Operation) -> StoryreelError:
    return StoryreelError("ATTEMPTS_EXHAUSTED", attempts=operation.losses)
