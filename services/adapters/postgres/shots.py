"""Shots as their owners see and change them, and the one way in which a changed shot is written."""

from collections.abc import Sequence
from typing import NoReturn

from services.adapters.postgres import rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.core import codec, takes
from services.core.commands import PatchShot
from services.core.errors import NotFound
from services.core.model import AssetType, Shot, ShotId, ShotVersion, StoryId, UserId
from services.core.takes import Take


class Shots:
    """The part of `OwnerStore` that is about shots and their versions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def shots(self, user: UserId, story_id: StoryId) -> tuple[Shot, ...]:
        async with self._db.connection() as connection:
            found = tuple([rows.shot(row) async for row in self._db.queries.shots(connection, user_id=user, story_id=story_id)])
            # A story that was deleted while a worker still runs on it keeps its shots; its owner sees neither.
            if await self._db.queries.story(connection, user_id=user, story_id=story_id) is None:
                raise NotFound("STORY_NOT_FOUND", id=story_id)
        return found

    async def shot(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> Shot:
        async with self._db.connection() as connection:
            row = await self._db.queries.shot(connection, user_id=user, story_id=story_id, shot_id=shot_id)
            if row is None:
                await self._explain_absence(connection, user, story_id, shot_id)
        return rows.shot(row)

    async def patch_shot(self, user: UserId, story_id: StoryId, shot_id: ShotId, patch: PatchShot) -> Shot:
        async with self._db.transaction() as connection:
            shot = await self._lock_shot(connection, user, story_id, shot_id)
            after = takes.patched(shot, patch)
            if after == shot:
                return shot
            await keep_takes(self._db, connection, shot, takes.changed(shot, after, AssetType.TEXT))
            return await write_shot(self._db, connection, shot, after)

    async def shot_versions(self, user: UserId, story_id: StoryId, shot_id: ShotId) -> tuple[ShotVersion, ...]:
        async with self._db.connection() as connection:
            if await self._db.queries.shot(connection, user_id=user, story_id=story_id, shot_id=shot_id) is None:
                await self._explain_absence(connection, user, story_id, shot_id)
            found = self._db.queries.versions(connection, user_id=user, shot_id=shot_id)
            return tuple([rows.version(row) async for row in found])

    async def restore_version(self, user: UserId, story_id: StoryId, shot_id: ShotId, asset_type: AssetType, number: int) -> Shot:
        which = {"user_id": user, "shot_id": shot_id, "asset_type": asset_type}
        async with self._db.transaction() as connection:
            shot = await self._lock_shot(connection, user, story_id, shot_id)
            row = await self._db.queries.version(connection, **which, number=number)
            if row is None:
                raise NotFound("VERSION_NOT_FOUND", asset_type=asset_type.value, number=number)
            version = rows.version(row)
            after = takes.restored(shot, version)
            if version.current and after == shot:
                return shot
            await self._db.queries.retire_version(connection, **which)
            await self._db.queries.make_version_current(connection, **which, number=number)
            await keep_takes(self._db, connection, after, takes.brought_along(shot, after, asset_type))
            return await write_shot(self._db, connection, shot, after)

    async def _lock_shot(self, connection: Connection, user: UserId, story_id: StoryId, shot_id: ShotId) -> Shot:
        if await self._db.queries.lock_story(connection, user_id=user, story_id=story_id) is None:
            raise NotFound("STORY_NOT_FOUND", id=story_id)
        row = await self._db.queries.lock_shot(connection, user_id=user, story_id=story_id, shot_id=shot_id)
        if row is None:
            raise NotFound("SHOT_NOT_FOUND", id=shot_id)
        return rows.shot(row)

    async def _explain_absence(self, connection: Connection, user: UserId, story_id: StoryId, shot_id: ShotId) -> NoReturn:
        if await self._db.queries.story(connection, user_id=user, story_id=story_id) is None:
            raise NotFound("STORY_NOT_FOUND", id=story_id)
        raise NotFound("SHOT_NOT_FOUND", id=shot_id)


async def write_shot(database: Database, connection: Connection, before: Shot, after: Shot) -> Shot:
    """Write all of a shot that may change; a new revision of it is one of its story too. The story's row is locked."""
    row = await database.queries.update_shot(
        connection,
        user_id=after.user_id,
        shot_id=after.id,
        **takes.text_of(after),
        seconds=after.seconds,
        status=after.status,
        revision=after.revision,
        seed_image=after.seeds.image,
        seed_video=after.seeds.video,
        seed_audio=after.seeds.audio,
        seed_text=after.seeds.text,
        keyframe=codec.made_to_json(after.keyframe) if after.keyframe else None,
        clip=codec.made_to_json(after.clip) if after.clip else None,
        speech=codec.made_to_json(after.speech) if after.speech else None,
    )
    if after.revision != before.revision:
        await database.queries.revise_story(connection, user_id=after.user_id, story_id=after.story_id)
    return rows.shot(row)


async def keep_takes(database: Database, connection: Connection, shot: Shot, kept: Sequence[Take]) -> dict[AssetType, int]:
    """Make these takes the current versions of the shot; one that is kept already gets no second number."""
    queries = database.queries
    numbers = {}
    for take in kept:
        which = {"user_id": shot.user_id, "shot_id": shot.id, "asset_type": take.asset_type}
        key = take.made.key if take.made else None
        number = await queries.known_version(connection, **which, key=key, text=take.text, seed=take.seed)
        await queries.retire_version(connection, **which)
        if number is None:
            made = codec.made_to_json(take.made) if take.made else None
            number = await queries.add_version(connection, **which, made=made, text=take.text, seed=take.seed)
        else:
            await queries.make_version_current(connection, **which, number=number)
        numbers[take.asset_type] = number
    return numbers
