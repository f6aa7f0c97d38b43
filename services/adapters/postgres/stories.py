"""Stories as their owners see them."""

from services.adapters.postgres import endings, rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.core.commands import CreateStory, Idempotency
from services.core.errors import Conflict, NotFound
from services.core.model import OperationStatus, Story, StoryId, UserId
from services.core.ports import Accepted, Stopped

IDEMPOTENCY_SECONDS = 24 * 3600.0


class Stories:
    """The part of `OwnerStore` that is about whole stories."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def create_story(self, user: UserId, command: CreateStory, idempotency: Idempotency | None = None) -> Accepted:
        async with self._db.connection() as connection:
            while True:
                row = await self._db.queries.create_story(
                    connection,
                    story_id=self._db.new_id(),
                    operation_id=self._db.new_id(),
                    user_id=user,
                    content=command.content,
                    title=command.title,
                    style=command.style,
                    language=command.language,
                    aspect=command.aspect,
                    voice=command.voice,
                    shot_count=command.shot_count,
                    payload=command.payload,
                    key=idempotency.key if idempotency else None,
                    request=idempotency.request if idempotency else None,
                    key_seconds=IDEMPOTENCY_SECONDS,
                )
                if row is not None:
                    return Accepted(rows.operation(row))
                if idempotency and (earlier := await replayed(self._db, connection, user, idempotency)):
                    return earlier
                # The key expired between the two statements: now it can be taken.

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
        data = {"reason": "STORY_DELETED"}
        async with self._db.transaction() as connection:
            if await queries.lock_story(connection, user_id=user, story_id=story_id) is None:
                raise NotFound("STORY_NOT_FOUND", id=story_id)
            await queries.hide_story(connection, user_id=user, story_id=story_id)
            waiting = []
            events = []
            async for row in queries.unfinished_of_story(connection, user_id=user, story_id=story_id):
                if row["status"] == OperationStatus.RUNNING:
                    asked = await queries.ask_to_stop(connection, user_id=user, operation_id=row["id"], data=data)
                    events += [rows.newest_event(asked, "cancel_requested", data)] if asked else []
                else:
                    waiting.append(row["id"])
            ended = await endings.end_cancelled(self._db, connection, waiting, data)
            return Stopped((*events, *ended.events), ended.unblocked)


async def replayed(database: Database, connection: Connection, user: UserId, idempotency: Idempotency) -> Accepted | None:
    """What the key was used for before. Raises Conflict when that was another request."""
    row = await database.queries.replayed(connection, user_id=user, key=idempotency.key)
    if row is None:
        return None
    if row["request"] != idempotency.request:
        raise Conflict("IDEMPOTENCY_KEY_REUSED")
    return Accepted(rows.operation(row), replayed=True)
