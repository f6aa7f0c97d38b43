"""A storyboard written into its story's rows, in parts or whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.adapters.postgres.shots import keep_takes, write_shot
from services.core import codec, storyboarding, takes
from services.core.model import AssetType, BibleEntry, Shot, Story, Storyboard
from services.core.storyboarding import NewShot


@dataclass(frozen=True, slots=True)
class Storyboarded:
    """A story and its shots as they are. The story's row is locked by the caller's transaction."""

    database: Database
    connection: Connection
    story: Story
    shots: tuple[Shot, ...]

    @property
    def whole(self) -> bool:
        """Whether a whole storyboard has landed."""
        return bool(self.shots) and not self.story.storyboard_unfinished

    async def write_part(self, part: Storyboard, seeds: Sequence[int]) -> bool:
        """What is written so far; whether any of it is new. A part without a bible leaves the one that is there."""
        bible = part.bible or self.story.bible
        if not await self._write_shots(part, seeds) and bible == self.story.bible:
            return False
        await self._write_bible(bible)
        await self._mark(unfinished=True)
        return True

    async def write_whole(self, board: Storyboard, seeds: Sequence[int]) -> None:
        """All of it, and no more: the shots behind its last one go, but for those that a user has done something with."""
        await self._write_shots(board, seeds)
        await self._write_bible(board.bible)
        if len(self.shots) > len(board.shots):
            queries = self.database.queries
            named = {row["shot_id"] async for row in queries.shots_of_operations(self.connection, **self._which)}
            surplus = [shot.id for shot in storyboarding.surplus(self.shots, board, named)]
            await queries.remove_shots(self.connection, **self._which, shot_ids=surplus)
        await self._mark(unfinished=False)

    async def _write_shots(self, board: Storyboard, seeds: Sequence[int]) -> bool:
        changes = storyboarding.changes(self.shots, board, seeds)
        if changes.missing:
            records = [self._record(shot) for shot in changes.missing]
            await self.database.queries.insert_shots(self.connection, **self._which, shots=records)
        for before, after in changes.reworded:
            await keep_takes(self.database, self.connection, before, takes.changed(before, after, AssetType.TEXT))
            await write_shot(self.database, self.connection, before, after)
        return bool(changes)

    async def _write_bible(self, bible: tuple[BibleEntry, ...]) -> None:
        if bible == self.story.bible:
            return
        entries = [{"position": n, **entry} for n, entry in enumerate(codec.bible_to_json(bible), start=1)]
        if self.story.bible:
            await self.database.queries.clear_bible(self.connection, **self._which)
        await self.database.queries.insert_bible(self.connection, **self._which, bible=entries)

    async def _mark(self, *, unfinished: bool) -> None:
        if unfinished != self.story.storyboard_unfinished:
            await self.database.queries.mark_storyboard(self.connection, **self._which, unfinished=unfinished)

    def _record(self, shot: NewShot) -> dict[str, Any]:
        fields = codec.draft_to_json(shot.draft)
        text = {name: fields.get(name, shot.draft.description) for name in takes.TEXT_FIELDS}  # `details` begin as the description
        return {"id": str(self.database.new_id()), "sequence": shot.sequence, "seed": shot.seed, "text": text, **fields}

    @property
    def _which(self) -> dict[str, Any]:
        return {"user_id": self.story.user_id, "story_id": self.story.id}
