"""What one no-op operation costs: created through REST, announced, claimed, ended, with everything real but the making.

The gateway and the worker are processes of their own, commits are durable, and the load generator (nice 10) is another
process on the same cores. CPU milliseconds an operation hold on a busy machine too; operations a second do not.
"""

import asyncio
import json
import sys
import time
from datetime import datetime
from typing import Any

import asyncpg

from bench import report
from bench.bare import Bare

SETTLED_SECONDS = 30.0
LATEST = "SELECT created_at, started_at FROM operations WHERE created_at > $1 AND started_at IS NOT NULL ORDER BY id"
ENDED = "SELECT status, count(*) AS n, max(finished_at) AS last FROM operations WHERE created_at > $1 GROUP BY status"
UNFINISHED = "SELECT count(*) FROM operations WHERE status IN ('queued', 'running')"
COMMITS = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"


async def warm_up(bare: Bare) -> None:
    """Returns when the worker has joined its group and ended something, and every process has its connections."""
    database = await asyncpg.connect(bare.store.database_url)
    try:
        for creators in (1, 16):
            await _load(bare, creators=creators, seconds=60.0, most=10 * creators)
            await _settled(database)
    finally:
        await database.close()


async def one_after_another(bare: Bare, count: int) -> dict[str, Any]:
    """The milliseconds from creation to start on an idle stack, by the database's clock."""
    database = await asyncpg.connect(bare.store.database_url)
    try:
        began: datetime = await database.fetchval("SELECT clock_timestamp()")
        told = await _load(bare, creators=1, seconds=600.0, most=count, pause=0.02)
        await _settled(database)
        rows = await database.fetch(LATEST, began)
    finally:
        await database.close()
    waits = [ms(row["created_at"], row["started_at"]) for row in rows]
    return {
        "operations": len(rows),
        "created_to_started_ms": report.percentiles(waits),
        "post_ms": report.percentiles(told["posts"]),
    }


async def sustained(bare: Bare, creators: int, seconds: float) -> dict[str, Any]:
    """Operations a second from the first POST to the end of the last operation, and what each cost."""
    database = await asyncpg.connect(bare.store.database_url)
    try:
        began: datetime = await database.fetchval("SELECT clock_timestamp()")
        before, commits = bare.cpu_seconds(), await database.fetchval(COMMITS)
        told = await _load(bare, creators=creators, seconds=seconds)
        await _settled(database)
        used = {part: after - before[part] for part, after in bare.cpu_seconds().items()}
        commits = await database.fetchval(COMMITS) - commits
        ended = await database.fetch(ENDED, began)
        waits = [ms(row["created_at"], row["started_at"]) for row in await database.fetch(LATEST, began)]
    finally:
        await database.close()
    count = sum(row["n"] for row in ended)
    took = (max(row["last"] for row in ended) - began).total_seconds()
    used["load generator"] = told["cpu_seconds"]
    return {
        "creators": creators,
        "operations": count,
        "ended": {row["status"]: row["n"] for row in ended},
        "created_per_second": round(len(told["posts"]) / told["seconds"], 1),
        "finished_per_second": round(count / took, 1),
        "seconds": round(took, 2),
        "post_ms": report.percentiles(told["posts"]),
        "created_to_started_ms": report.percentiles(waits),
        "commits_an_operation": round(commits / count, 2),
        "cpu_ms_an_operation": {part: round(seconds * 1000 / count, 3) for part, seconds in used.items()},
        "cpu_ms_in_all": round(sum(used.values()) * 1000 / count, 3),
    }


def ms(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() * 1000


async def _load(bare: Bare, *, creators: int, seconds: float, most: int = 1_000_000, pause: float = 0.0) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.load", bare.url),
        *("--creators", str(creators), "--seconds", str(seconds), "--most", str(most), "--pause", str(pause)),
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 27,
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"the load generator ended with {process.returncode}")
    told: dict[str, Any] = json.loads(out)
    return told


async def _settled(database: Any) -> None:
    until = time.monotonic() + SETTLED_SECONDS
    while await database.fetchval(UNFINISHED):
        if time.monotonic() > until:
            raise TimeoutError(f"{await database.fetchval(UNFINISHED)} operations have not ended")
        await asyncio.sleep(0.1)
