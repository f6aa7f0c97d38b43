"""Stories as their owners see them."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from services.adapters.postgres import rows
from services.adapters.postgres.controls import refuse_when_full, stop
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.adapters.postgres.together import Together
from services.core.commands import CreateStory, Idempotency
from services.core.errors import Conflict, NotFound
from services.core.model import Story, StoryId, UserId
from services.core.ports import Accepted, Stopped

IDEMPOTENCY_SECONDS = 24 * 3600.0


class Stories:
    """The part of `OwnerStore` that is about whole stories."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def create_story(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        while True:
            wanted = {
                "story_id": str(self._db.new_id()),
                "operation_id": str(self._db.new_id()),
                "user_id": str(user),
                "content": command.content,
                "title": command.title,
                "style": command.style,
                "language": command.language,
                "aspect": command.aspect,
                "voice": command.voice,
                "shot_count": command.shot_count,
                "payload": command.payload,
                "key": idempotency.key if idempotency else None,
                "request": idempotency.request if idempotency else None,
                "key_seconds": IDEMPOTENCY_SECONDS,
                "cancel_after": command.terms.cancel_after,
                "priority": command.terms.priority,
                "most_queued": command.terms.most_queued,
            }
            row = await self._creating(wanted)
            if row is not None:
                return Accepted(rows.operation(row), expires_at=row["key_expires_at"])
            async with self._db.connection() as connection:
                if idempotency and (earlier := await replayed(self._db, connection, user, idempotency)):
                    return earlier
                await refuse_when_full(self._db, connection, user, command.terms.most_queued)
            # The key expired between the statements, or a place became free: now it can be taken.

    @cached_property
    def _creating(self) -> Together[Mapping[str, Any], rows.Row | None]:
        return Together(self._create_all)

    async def _create_all(self, wanted: Sequence[Mapping[str, Any]]) -> list[rows.Row | None]:
        """Create these, in one statement; None for one that may not be created."""
        async with self._db.connection() as connection:
            created = {str(row["id"]): row async for row in self._db.queries.create_stories(connection, wanted=wanted)}
        return [created.get(each["operation_id"]) for each in wanted]

    async def story(self, user: UserId, story_id: StoryId) -> Story:
        async with self._db.connection() as connection:
            row = await self._db.queries.story(connection, user_id=user, story_id=story_id)
        if row is None:
            raise NotFound("STORY_NOT_FOUND", id=story_id)
        return rows.story(row)

    async def stories(self, user: UserId, *, limit: int, before: StoryId | None = None) -> tuple[Story, ...]:
        async with self._db.connection() as connection:
            found = self._db.queries.stories(connection, user_id=user, before=before, row_limit=limit)
            return tuple([rows.story(row) async for row in found])

    async def delete_story(self, user: UserId, story_id: StoryId) -> Stopped:
        queries = self._db.queries
        async with self._db.transaction() as connection:
            if await queries.lock_story(connection, user_id=user, story_id=story_id) is None:
                raise NotFound("STORY_NOT_FOUND", id=story_id)
            await queries.hide_story(connection, user_id=user, story_id=story_id)
            unfinished = queries.unfinished_of_story(connection, user_id=user, story_id=story_id)
            return await stop(self._db, connection, [rows.operation(row) async for row in unfinished], "STORY_DELETED")


async def replayed(database: Database, connection: Connection, user: UserId, idempotency: Idempotency) -> Accepted | None:
    """What the key was used for before. Raises Conflict when that was another request."""
    row = await database.queries.replayed(connection, user_id=user, key=idempotency.key)
    if row is None:
        return None
    if row["request"] != idempotency.request:
        raise Conflict("IDEMPOTENCY_KEY_REUSED")
    return Accepted(rows.operation(row), replayed=True, expires_at=row["key_expires_at"])
