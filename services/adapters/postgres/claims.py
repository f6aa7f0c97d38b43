"""How a worker comes by work: attempts are started, of what is fairest or of what is named."""

import logging
from collections.abc import Sequence

from services.adapters.postgres import rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.core import lifecycle
from services.core.model import OperationId, OperationStatus, Shot, ShotStatus, StoryStatus
from services.core.ports import Work

_log = logging.getLogger(__name__)


class Claims:
    """The part of `WorkerStore` that starts attempts."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def claim(self, operation_id: OperationId, worker: str, lease: float) -> Work | None:
        started = await self._claim([operation_id], worker, lease, room=1, most_running=None)
        return started[0] if started else None

    async def claim_fairest(self, worker: str, lease: float, *, room: int, most_running: int | None = None) -> tuple[Work, ...]:
        return await self._claim(None, worker, lease, room=room, most_running=most_running)

    async def claimable(self, limit: int) -> tuple[OperationId, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.claimable(connection, row_limit=limit)
            return tuple([OperationId(row["id"]) async for row in found])

    async def _claim(
        self, wanted: Sequence[OperationId] | None, worker: str, lease: float, *, room: int, most_running: int | None
    ) -> tuple[Work, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.claim(
                connection,
                wanted=wanted,
                worker=worker,
                lease=lease,
                room=room,
                most_running=most_running,
                sources=lifecycle.sources(lifecycle.OPERATION, OperationStatus.RUNNING),
                story_sources=lifecycle.sources(lifecycle.STORY, StoryStatus.GENERATING),
                shot_sources=lifecycle.sources(lifecycle.SHOT, ShotStatus.GENERATING),
            )
            started = [row async for row in found]
            # From here on nothing that conflicts can start: what is read now is what the attempts work on.
            return await self._works(connection, started) if started else ()

    async def _works(self, connection: Connection, started: Sequence[rows.Row]) -> tuple[Work, ...]:
        found = self._db.queries.claimed_stories(connection, story_ids=[row["story_id"] for row in started])
        stories = {row["id"]: row async for row in found}
        works = []
        for row in started:
            try:
                works.append(await self._work(connection, row, stories[row["story_id"]]))
            except (KeyError, TypeError, ValueError):
                # It must not take the others along, nor the worker. After `MOST_LOSSES` such claims it ends failed.
                _log.exception("operation %s cannot be read; its lease will expire", row["id"])
        return tuple(works)

    async def _work(self, connection: Connection, started: rows.Row, story: rows.Row) -> Work:
        if story["drawn"]:
            return await self._drawn(connection, started)
        return Work(rows.operation(started), rows.story(story), ())

    async def _drawn(self, connection: Connection, started: rows.Row) -> Work:
        """Story and shots in one snapshot: its owner may still edit shots, and a film is stale unless the shots that it shows are
        of the revision that it claims.
        """
        of = {"user_id": started["user_id"], "story_id": started["story_id"]}
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            story = await self._db.queries.claimed_story(connection, **of)
            shots: list[Shot] = [rows.shot(row) async for row in self._db.queries.shots(connection, **of)]
        return Work(rows.operation(started), rows.story(story), tuple(shots))
