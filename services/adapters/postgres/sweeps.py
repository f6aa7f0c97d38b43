"""The sweeper's work, and what the announcer and the health checks ask for."""

from collections.abc import Sequence
from functools import cached_property

from services.adapters.postgres import endings, rows
from services.adapters.postgres.controls import stop
from services.adapters.postgres.database import Database
from services.adapters.postgres.endings import Ending
from services.adapters.postgres.migrate import Connection
from services.core import lifecycle
from services.core.errors import StoryreelError
from services.core.model import Language, Operation, OperationEvent, OperationId
from services.core.ports import Stopped, Swept
from services.core.webhooks import KEPT_SECONDS

_WORKERS_KEPT_SECONDS = 24 * 3600.0
_WORTH_KNOWING = 500
"""Rows from which on it matters by which index a plan finds one of them."""


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
            for found in await self._put_in_order(connection, limit):
                events += found.events
                announce |= dict.fromkeys(found.unblocked)
            unannounced = queries.unannounced(connection, announce_after=announce_after, row_limit=limit)
            announce |= {OperationId(row["id"]): None async for row in unannounced}
            await queries.prune_idempotency_keys(connection)
            await queries.prune_workers(connection, older_than=_WORKERS_KEPT_SECONDS)
            await queries.prune_deliveries(connection, older_than=KEPT_SECONDS, row_limit=limit)
        await self._analyse()
        return Swept(tuple(announce), tuple(events))

    @cached_property
    def _analysed(self) -> set[str]:
        return set()

    async def _analyse(self) -> None:
        """Have tables analysed that were empty when the first plans were made.

        On an empty table all indexes cost the same, and a plan that is kept may find one operation by walking through all that
        its owner has. Autovacuum comes a minute later, thousands of operations too late.
        """
        async with self._db.connection() as connection:
            grown = {row["name"] async for row in self._db.queries.unanalysed(connection, least=_WORTH_KNOWING)}
            for name in sorted(grown - self._analysed):
                self._analysed.add(name)  # once: where another role owns the tables, Postgres only warns
                await connection.execute(f"ANALYZE {name}")

    async def beat(self, worker: str) -> None:
        async with self._db.connection() as connection:
            await self._db.queries.beat(connection, worker=worker)

    async def live_workers(self, within: float) -> int:
        async with self._db.connection() as connection:
            count: int = await self._db.queries.live_workers(connection, within=within)
        return count

    async def mark_announced(self, ids: Sequence[OperationId], *, ago: float = 0.0) -> Sequence[OperationEvent]:
        async with self._db.connection() as connection:
            marked = self._db.queries.mark_announced(connection, operation_ids=ids, ago=ago)
            return [rows.event(row) async for row in marked]

    async def ready(self) -> None:
        async with self._db.connection() as connection:
            await self._db.queries.ping(connection)

    async def _put_in_order(self, connection: Connection, limit: int) -> list[Ending | Stopped]:
        """Reclaim what workers have lost, and stop what has taken too long: all under locks taken in one order."""
        queries = self._db.queries
        expired = [row["id"] async for row in queries.expired(connection, row_limit=limit)]
        overdue = [row["id"] async for row in queries.overdue(connection, row_limit=limit)]
        if not expired and not overdue:
            return []
        locked = queries.lock_stories_of(connection, operation_ids=expired + overdue)
        languages = {row["id"]: Language(row["language"]) async for row in locked}
        lost = [rows.operation(row) async for row in queries.count_losses(connection, operation_ids=expired)]
        endings_of_lost = [ending for o in lost for ending in await self._lose(connection, o, languages[o.story_id])]
        late = [rows.operation(row) async for row in queries.still_overdue(connection, operation_ids=overdue)]
        return [*endings_of_lost, await stop(self._db, connection, late, "DEADLINE_EXCEEDED")]

    async def _lose(self, connection: Connection, operation: Operation, language: Language) -> list[Ending]:
        """Another attempt, unless it was to be cancelled or paused, or has lost too many workers."""
        ids = [operation.id]
        if operation.cancel_requested_at is not None:
            return [await endings.end_cancelled(self._db, connection, ids, {"reason": operation.stop_reason})]
        if operation.losses >= lifecycle.MOST_LOSSES:
            exhausted = StoryreelError("ATTEMPTS_EXHAUSTED", attempts=operation.losses)
            return [await endings.end_failed(self._db, connection, ids, exhausted.failure(language))]
        data = {"attempt": operation.attempt, "worker": operation.worker}
        requeued = await endings.requeue(self._db, connection, ids, kind="lease_expired", data=data)
        if operation.pause_requested_at is None:
            return [requeued]
        return [requeued, await endings.pause(self._db, connection, ids)]
