"""Ends of operations, together with what they mean for stories, shots and whoever waits behind them.

All of these expect the stories' rows to be locked by the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.adapters.postgres import rows
from services.adapters.postgres.database import Database
from services.adapters.postgres.migrate import Connection
from services.core import codec, lifecycle
from services.core.model import Failure, Operation, OperationEvent, OperationId, OperationStatus, ShotStatus, StoryStatus
from services.core.ports import Claim
from services.core.retrying import counts


@dataclass(frozen=True, slots=True)
class Ending:
    """The operations as they are now, one new event of each, and which operations of their stories may start now."""

    operations: tuple[Operation, ...] = ()
    events: tuple[OperationEvent, ...] = ()
    unblocked: tuple[OperationId, ...] = ()


async def end_succeeded(database: Database, connection: Connection, ids: Sequence[UUID]) -> Ending:
    return await _end(database, connection, ids, OperationStatus.SUCCEEDED, {})


async def finish(database: Database, connection: Connection, claims: Sequence[Claim]) -> Ending:
    """The operations succeeded, where the claims still hold. Takes the locks by itself, and commits by itself."""
    found = database.queries.finish_operations(
        connection,
        operation_ids=[claim.operation_id for claim in claims],
        user_ids=[claim.user_id for claim in claims],
        attempts=[claim.attempt for claim in claims],
        workers=[claim.worker for claim in claims],
        **_sources(OperationStatus.SUCCEEDED),
    )
    return _ended([row async for row in found], OperationStatus.SUCCEEDED, {})


async def end_failed(database: Database, connection: Connection, ids: Sequence[UUID], failure: Failure) -> Ending:
    return await _end(database, connection, ids, OperationStatus.FAILED, codec.failure_to_json(failure), failure=failure)


async def end_cancelled(database: Database, connection: Connection, ids: Sequence[UUID], data: Mapping[str, Any]) -> Ending:
    return await _end(database, connection, ids, OperationStatus.CANCELLED, data)


async def requeue(
    database: Database,
    connection: Connection,
    ids: Sequence[UUID],
    *,
    kind: str,
    data: Mapping[str, Any],
    delay: float = 0.0,
    failure: Failure | None = None,
) -> Ending:
    """Back to `queued` after `delay` seconds, with an event of that kind; stories and shots stay as they are.

    `failure` says why these attempts failed, if they did, and stays to be read until the operation ends.
    """
    return await _put_back(database, connection, ids, OperationStatus.QUEUED, kind=kind, data=data, delay=delay, failure=failure)


async def pause(database: Database, connection: Connection, ids: Sequence[UUID], *, failure: Failure | None = None) -> Ending:
    """Put aside until their owner resumes them; stories and shots stay as they are, likewise."""
    data = {"failure": codec.failure_to_json(failure)} if failure else {}
    return await _put_back(database, connection, ids, OperationStatus.PAUSED, kind="paused", data=data, failure=failure)


async def unblock(
    database: Database, connection: Connection, story_ids: Sequence[UUID], user_ids: Sequence[UUID] = ()
) -> tuple[OperationId, ...]:
    """Which operations may start now: of these stories, where they count as never announced, and of these owners the next one
    that their quota held back.
    """
    free = database.queries.unblock(connection, story_ids=story_ids, user_ids=user_ids)
    return tuple([OperationId(row["id"]) async for row in free])


async def _put_back(
    database: Database,
    connection: Connection,
    ids: Sequence[UUID],
    status: OperationStatus,
    *,
    kind: str,
    data: Mapping[str, Any],
    failure: Failure | None,
    delay: float = 0.0,
) -> Ending:
    if not ids:
        return Ending()
    back = database.queries.put_back(
        connection,
        operation_ids=ids,
        status=status,
        sources=lifecycle.sources(lifecycle.OPERATION, status),
        failure=codec.failure_to_json(failure) if failure else None,
        failures=int(counts(failure)),
        delay=delay,
        kind=kind,
        data=data,
    )
    return await _ending(database, connection, [row async for row in back], kind, data)


async def _end(
    database: Database,
    connection: Connection,
    ids: Sequence[UUID],
    status: OperationStatus,
    data: Mapping[str, Any],
    *,
    failure: Failure | None = None,
) -> Ending:
    if not ids:
        return Ending()
    ended = database.queries.end_operations(
        connection,
        operation_ids=ids,
        status=status,
        failure=codec.failure_to_json(failure) if failure else None,
        data=data,
        **_sources(status),
    )
    return _ended([row async for row in ended], status, data)


def _sources(status: OperationStatus) -> dict[str, Any]:
    """From which states an operation may end so, and from which states stories and shots may go where that leads them."""
    return {
        "sources": lifecycle.sources(lifecycle.OPERATION, status),
        "ready_sources": lifecycle.sources(lifecycle.STORY, StoryStatus.READY),
        "failed_sources": lifecycle.sources(lifecycle.STORY, StoryStatus.FAILED),
        "shot_done_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.DONE),
        "shot_failed_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.FAILED),
        "shot_pending_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.PENDING),
    }


def _ended(found: Sequence[rows.Row], status: OperationStatus, data: Mapping[str, Any]) -> Ending:
    over = [row for row in found if row["status"] == status]
    return Ending(
        tuple(rows.operation(row) for row in over),
        tuple(rows.newest_event(row, status.value, data) for row in over),
        tuple(sorted(OperationId(row["id"]) for row in found if row["status"] != status)),
    )


async def _ending(
    database: Database, connection: Connection, found: Sequence[rows.Row], kind: str, data: Mapping[str, Any]
) -> Ending:
    return Ending(
        tuple(rows.operation(row) for row in found),
        tuple(rows.newest_event(row, kind, data) for row in found),
        await unblock(database, connection, list({row["story_id"] for row in found}), list({row["user_id"] for row in found})),
    )
