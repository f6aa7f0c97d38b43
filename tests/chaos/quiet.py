"""When a stack is whole, and when what a killed worker ran has been taken up: read from the database, by its own port."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from services.cli.embedded.stack import probe
from tests.chaos.stack import WORKERS, Spec

_LOOK_SECONDS = 0.2
_LIVE = "SELECT count(*) FROM workers WHERE beat_at > clock_timestamp() - interval '2 seconds'"
_ORPHANS = """
SELECT count(*) FROM operations o
CROSS JOIN LATERAL (
    SELECT at, data ->> 'worker' AS worker FROM operation_events
    WHERE operation_id = o.id AND kind = 'started' ORDER BY seq DESC LIMIT 1
) AS latest
WHERE o.finished_at IS NULL AND o.status <> 'paused' AND latest.at < $2 AND latest.worker = $1
"""
_UNDELIVERED = """
SELECT id, user_id, state = 'pending' AND next_at > clock_timestamp() + interval '2 seconds' AS later
FROM webhook_deliveries WHERE state IN ('pending', 'sending')
"""
_BUSY = "SELECT count(*) FROM operations WHERE status = 'running' AND worker = $1"


class Redeliverer(Protocol):
    async def redeliver(self, delivery: UUID) -> None: ...


@asynccontextmanager
async def connected(spec: Spec) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Past the proxies."""
    connection = await asyncpg.connect(json.loads(spec.pids.read_text())["database"], timeout=5.0)
    try:
        yield connection
    finally:
        await connection.close(timeout=5.0)


async def answering(spec: Spec, seconds: float) -> None:
    """Returns when Postgres answers. Raises TimeoutError."""

    async def holds() -> bool:
        async with connected(spec) as connection:
            return bool(await connection.fetchval("SELECT 1") == 1)

    await _until(holds, seconds)


async def whole(spec: Spec, seconds: float) -> None:
    """Returns when the gateway is ready and both workers beat. Raises TimeoutError."""

    async def holds() -> bool:
        if await asyncio.to_thread(probe, "127.0.0.1", spec.ports["gateway"]):
            return False
        async with connected(spec) as connection:
            return bool(await connection.fetchval(_LIVE) == len(WORKERS))

    await _until(holds, seconds)


async def taken_up(spec: Spec, part: str, since: float, seconds: float) -> None:
    """Returns when no operation waits any more that the worker ran at `since`; `since` is in seconds of the epoch.

    Raises TimeoutError.
    """
    at = datetime.fromtimestamp(since, UTC)

    async def holds() -> bool:
        async with connected(spec) as connection:
            return bool(await connection.fetchval(_ORPHANS, f"story-worker/{part}", at) == 0)

    await _until(holds, seconds)


async def busy(spec: Spec, worker: str, seconds: float) -> None:
    """Returns when the worker runs something. Raises TimeoutError."""

    async def holds() -> bool:
        async with connected(spec) as connection:
            return bool(await connection.fetchval(_BUSY, f"story-worker/{worker}") > 0)

    await _until(holds, seconds)


async def delivered(spec: Spec, tenants: Mapping[UUID, Redeliverer], seconds: float) -> None:
    """Returns when no webhook's message is on its way any more, or when the time is over. One that would be sent much later is
    wanted now, as its owner may ask: some have failed twice, which is five minutes' wait.
    """

    async def holds() -> bool:
        async with connected(spec) as connection:
            rows = await connection.fetch(_UNDELIVERED)
        for row in rows:
            if row["later"]:
                await tenants[row["user_id"]].redeliver(row["id"])
        return not rows

    with suppress(TimeoutError):
        await _until(holds, seconds)


async def _until(holds: Callable[[], Awaitable[bool]], seconds: float) -> None:
    async with asyncio.timeout(seconds):
        while True:
            with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
                if await holds():
                    return
            await asyncio.sleep(_LOOK_SECONDS)
