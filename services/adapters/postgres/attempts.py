"""What a worker does under a claim. Every write checks the fence first: operation, owner, attempt, worker and `running`."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from functools import cached_property
from typing import Any

from services.adapters.postgres import endings, rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.endings import Ending
from services.adapters.postgres.migrate import Connection
from services.adapters.postgres.shots import keep_takes, write_shot
from services.adapters.postgres.storyboards import Storyboarded
from services.adapters.postgres.together import Together
from services.core import codec, takes
from services.core.commands import ShotChange
from services.core.errors import LeaseLost
from services.core.merging import merged
from services.core.model import (
    Artifact,
    Failure,
    Film,
    Key,
    Operation,
    OperationEvent,
    Shot,
    Storyboard,
)
from services.core.ports import Claim, Ended, Wish


class Attempts:
    """The part of `WorkerStore` that writes and ends attempts."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def heartbeat(self, claim: Claim, lease: float, *, progress: float, stage: str) -> Wish | None:
        async with self._db.connection() as connection:
            asked: str | None = await self._db.queries.heartbeat(
                connection, **_fence(claim), lease=lease, progress=progress, stage=stage
            )
        if asked is None:
            raise _lost(claim)
        return Wish(asked) if asked else None

    async def append_event(self, claim: Claim, kind: str, data: Mapping[str, Any]) -> OperationEvent:
        async with self._db.connection() as connection:
            return await self._append(connection, claim, kind, data)

    async def artifacts(self, keys: Sequence[Key]) -> Mapping[Key, Artifact]:
        async with self._db.connection() as connection:
            found = self._db.queries.artifacts(connection, keys=keys)
            return {Key(row["key"]): rows.artifact(row) async for row in found}

    async def save_artifact(self, claim: Claim, artifact: Artifact) -> Artifact:
        async with self._db.connection() as connection:
            row = await self._db.queries.save_artifact(connection, **_fence(claim), **codec.artifact_to_json(artifact))
        if row is None:
            raise _lost(claim)
        return rows.artifact(row)

    async def land_storyboard(
        self, claim: Claim, board: Storyboard, seeds: Sequence[int]
    ) -> tuple[tuple[Shot, ...], OperationEvent]:
        async with self._db.transaction() as connection:
            operation = await self._lock_owned(connection, claim)
            there = await self._storyboarded(connection, operation)
            shots = there.shots
            if there.whole:
                row = await self._db.queries.last_event(
                    connection, operation_id=claim.operation_id, user_id=claim.user_id, kind="storyboard_landed"
                )
                if row is not None:
                    return shots, rows.event(row)
            else:
                await there.write_whole(board, seeds)
                shots = await self._shots(connection, operation)
            return shots, await self._append(connection, claim, "storyboard_landed", {"shots": len(shots)})

    async def grow_storyboard(self, claim: Claim, part: Storyboard, seeds: Sequence[int]) -> OperationEvent | None:
        async with self._db.transaction() as connection:
            operation = await self._lock_owned(connection, claim)
            there = await self._storyboarded(connection, operation)
            if there.whole or not await there.write_part(part, seeds):
                return None
            count = max(len(there.shots), len(part.shots))
            return await self._append(connection, claim, "storyboard_grew", {"shots": count})

    async def land_shot(self, claim: Claim, change: ShotChange) -> tuple[Shot, OperationEvent] | None:
        async with self._db.transaction() as connection:
            operation = await self._lock_owned(connection, claim)
            row = await self._db.queries.lock_shot(
                connection, user_id=claim.user_id, story_id=operation["story_id"], shot_id=change.shot_id
            )
            if row is None:
                return None
            before = rows.shot(row)
            if change.expect_revision is not None and before.revision != change.expect_revision:
                return None
            after = merged(before, change)
            numbers = await keep_takes(self._db, connection, before, takes.changed(before, after, change.version))
            shot = await write_shot(self._db, connection, before, after)
            number = numbers.get(change.version) if change.version else None
            return shot, await self._append(connection, claim, "shot_landed", takes.landed(shot, change, number))

    async def finish(self, claim: Claim, *, film: Film | None = None) -> Ended:
        if film is None:
            return await self._finishing(claim)

        async def end(connection: Connection, operation: Operation) -> Ending:
            await self._db.queries.store_film(
                connection, user_id=claim.user_id, story_id=operation.story_id, film=codec.film_to_json(film)
            )
            return await endings.end_succeeded(self._db, connection, [claim.operation_id])

        return await self._end(claim, end)

    async def fail(self, claim: Claim, failure: Failure) -> Ended:
        return await self._end(claim, lambda connection, _: endings.end_failed(self._db, connection, [claim.operation_id], failure))

    async def end_cancelled(self, claim: Claim) -> Ended:
        return await self._end(claim, self._cancel)

    async def requeue(self, claim: Claim, failure: Failure | None, delay: float) -> Ended:
        data = {"delay": delay} | ({"failure": codec.failure_to_json(failure)} if failure else {})

        async def end(connection: Connection, operation: Operation) -> Ending:
            if operation.cancel_requested_at is not None:
                return await self._cancel(connection, operation)  # what was asked to stop does not start again
            if operation.pause_requested_at is not None:
                return await endings.pause(self._db, connection, [operation.id], failure=failure)
            return await endings.requeue(
                self._db,
                connection,
                [claim.operation_id],
                kind="retrying" if failure else "released",
                data=data,
                delay=delay,
                failure=failure,
            )

        return await self._end(claim, end)

    async def _cancel(self, connection: Connection, operation: Operation) -> Ending:
        return await endings.end_cancelled(self._db, connection, [operation.id], {"reason": operation.stop_reason})

    async def _end(self, claim: Claim, end: Callable[[Connection, Operation], Coroutine[Any, Any, Ending]]) -> Ended:
        async with self._db.transaction() as connection:
            ending = await end(connection, rows.operation(await self._lock_owned(connection, claim)))
        return Ended(ending.operations[0], ending.events[0], ending.unblocked)

    @cached_property
    def _finishing(self) -> Together[Claim, Ended]:
        return Together(self._finish_all)

    async def _finish_all(self, claims: Sequence[Claim]) -> list[Ended | Exception]:
        """End all whose claims hold, in one statement; the others hear that theirs are lost. The first tells who may go now."""
        async with self._db.connection() as connection:
            ending = await endings.finish(self._db, connection, claims)
        of = {
            Claim(operation.id, operation.user_id, operation.attempt, operation.worker): (operation, event)
            for operation, event in zip(ending.operations, ending.events, strict=True)
        }
        answers: list[Ended | Exception] = []
        unblocked = ending.unblocked
        for claim in claims:
            if claim not in of:
                answers.append(_lost(claim))
                continue
            answers.append(Ended(*of[claim], unblocked))
            unblocked = ()
        return answers

    async def _lock_owned(self, connection: Connection, claim: Claim) -> rows.Row:
        """Lock the story, then the operation; raises LeaseLost when the claim no longer holds."""
        await self._db.queries.lock_story_of(connection, operation_id=claim.operation_id, user_id=claim.user_id)
        row: rows.Row | None = await self._db.queries.fence(connection, **_fence(claim))
        if row is None:
            raise _lost(claim)
        return row

    async def _append(self, connection: Connection, claim: Claim, kind: str, data: Mapping[str, Any]) -> OperationEvent:
        row = await self._db.queries.append_event(connection, **_fence(claim), kind=kind, data=data)
        if row is None:
            raise _lost(claim)
        return rows.event(row)

    async def _shots(self, connection: Connection, operation: rows.Row) -> tuple[Shot, ...]:
        found = self._db.queries.shots(connection, user_id=operation["user_id"], story_id=operation["story_id"])
        return tuple([rows.shot(row) async for row in found])

    async def _storyboarded(self, connection: Connection, operation: rows.Row) -> Storyboarded:
        row = await self._db.queries.claimed_story(connection, user_id=operation["user_id"], story_id=operation["story_id"])
        return Storyboarded(self._db, connection, rows.story(row), await self._shots(connection, operation))


def _fence(claim: Claim) -> dict[str, Any]:
    return {
        "operation_id": claim.operation_id,
        "user_id": claim.user_id,
        "attempt": claim.attempt,
        "worker": claim.worker,
    }


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost("LEASE_LOST", attempt=claim.attempt)
