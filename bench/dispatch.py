"""How long an operation waits for a worker, and how many a second are carried, with engines that cost nothing and with none.

First operations one after another on an idle stack: `created_at` to `started_at` as the API tells them, both by the
database's clock. Then several creators at once for a while, until everything that they asked for has ended. Then the same for
operations that have nothing to make: see `bench.noop`. Commits are durable throughout (`fsync` and `synchronous_commit` on).
"""

import argparse
import asyncio
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx2
import psutil

from bench import noop, report
from bench.bare import bare_stack
from tests.e2e.harness import BLANK, Client, RunningStack, running_stack

WARM_UP = 20
MOST_QUEUED = 1_000_000
"""Creators may run ahead of the worker as far as they like."""
BODY = {"display_name": "A bench", "script_content": "One shot of nothing in particular.", "shots": 1}
TIMES = "SELECT created_at, started_at, finished_at FROM operations WHERE id = ANY($1::uuid[])"
UNFINISHED = "SELECT count(*) FROM operations WHERE finished_at IS NULL"
ENDED = "SELECT status, count(*) AS n, max(finished_at) AS last FROM operations WHERE created_at > $1 GROUP BY status"
LATENESS = "SELECT created_at, started_at FROM operations WHERE created_at > $1 AND started_at IS NOT NULL"


def one_after_another(client: Client, count: int) -> tuple[list[str], list[float]]:
    """Create and await operations; their ids, and the milliseconds that each POST took."""
    ids: list[str] = []
    posts: list[float] = []
    for number in range(WARM_UP + count):
        began = time.perf_counter()
        operation = client.create_story(BODY)
        took = (time.perf_counter() - began) * 1000
        client.succeeded(operation)
        if number >= WARM_UP:
            ids.append(operation)
            posts.append(took)
    return ids, posts


async def unloaded(stack: RunningStack, count: int) -> dict[str, Any]:
    """The latencies on an idle stack, in milliseconds."""
    with stack.client() as client:
        ids, posts = await asyncio.to_thread(one_after_another, client, count)
    database = await asyncpg.connect(stack.state.database_url)
    try:
        rows = await database.fetch(TIMES, ids)
    finally:
        await database.close()
    return {
        "operations": len(rows),
        "created_to_started_ms": report.percentiles([_ms(row["created_at"], row["started_at"]) for row in rows]),
        "post_ms": report.percentiles(posts),
        "started_to_finished_ms": report.percentiles([_ms(row["started_at"], row["finished_at"]) for row in rows]),
    }


async def sustained(stack: RunningStack, creators: int, seconds: float) -> dict[str, Any]:
    """Operations a second, from the first POST to the end of the last operation."""
    database = await asyncpg.connect(stack.state.database_url)
    try:
        began: datetime = await database.fetchval("SELECT clock_timestamp()")
        cpu_before = cpu_seconds(stack)
        posts = await _create_at_once(stack, creators, seconds)
        created_at: datetime = await database.fetchval("SELECT clock_timestamp()")
        while await database.fetchval(UNFINISHED):  # noqa: ASYNC110 -- a look now and then must not disturb what is measured
            await asyncio.sleep(0.2)
        cpu_after = cpu_seconds(stack)
        ended = await database.fetch(ENDED, began)
        lateness = await database.fetch(LATENESS, began)
    finally:
        await database.close()
    took = (max(row["last"] for row in ended) - began).total_seconds()
    count = sum(row["n"] for row in ended)
    return {
        "creators": creators,
        "operations": count,
        "ended": {row["status"]: row["n"] for row in ended},
        "created_per_second": round(len(posts) / (created_at - began).total_seconds(), 1),
        "finished_per_second": round(count / took, 1),
        "seconds": round(took, 2),
        "post_ms": report.percentiles(posts),
        "created_to_started_ms": report.percentiles([_ms(row["created_at"], row["started_at"]) for row in lateness]),
        "cpu_ms_an_operation": {part: round((cpu_after[part] - cpu_before[part]) * 1000 / count, 2) for part in cpu_before},
    }


def cpu_seconds(stack: RunningStack) -> dict[str, float]:
    """Processor time that each part with its children has used so far."""
    return {part: sum(_used(process) for process in _tree(stack.pid(part))) for part in stack.state.parts}


def _tree(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


async def _create_at_once(stack: RunningStack, creators: int, seconds: float) -> list[float]:
    """Let creators post stories as fast as they are answered; the milliseconds of each POST."""
    posts: list[float] = []
    until = time.monotonic() + seconds

    async def create(client: httpx2.AsyncClient) -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            answer = await client.post("/v1/stories", json=BODY)
            answer.raise_for_status()
            posts.append((time.perf_counter() - began) * 1000)

    headers = {"X-User-ID": "11111111-2222-3333-4444-555555555555"}
    async with httpx2.AsyncClient(base_url=stack.url, headers=headers, timeout=60.0) as client:
        await asyncio.gather(*(create(client) for _ in range(creators)))
    return posts


def _ms(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() * 1000


async def no_op(operations: int, creators: int, seconds: float, slots: int) -> dict[str, Any]:
    """Operations with nothing to make: their latency on an idle stack, then as many as it carries."""
    with bare_stack(STORYREEL_WORKER_SLOTS=str(slots)) as bare:
        await noop.warm_up(bare)
        return {
            "slots": slots,
            "unloaded": await noop.one_after_another(bare, operations),
            "sustained": await noop.sustained(bare, creators, seconds),
        }


def no_op_table(found: dict[str, Any]) -> str:
    idle, busy = found["unloaded"]["created_to_started_ms"], found["sustained"]
    rows = [
        ["created → started, unloaded, p50 / p99", f"{idle['p50']:.1f} / {idle['p99']:.1f} ms"],
        ["operations created and ended a second", busy["finished_per_second"]],
        ["transactions an operation", busy["commits_an_operation"]],
        *([f"CPU of the {part}, ms an operation", used] for part, used in busy["cpu_ms_an_operation"].items()),
        ["CPU in all, ms an operation", busy["cpu_ms_in_all"]],
    ]
    return report.markdown([f"no-op operations, {busy['creators']} creators, {found['slots']} slots", "measured"], rows)


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=300)
    parser.add_argument("--creators", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--slots", type=int, default=32, help="of the worker that has nothing to make")
    parser.add_argument("--no-op-only", action="store_true")
    chosen = parser.parse_args()
    nothing = asyncio.run(no_op(chosen.operations, chosen.creators, chosen.seconds, chosen.slots))
    if chosen.no_op_only:
        report.tell({"benchmark": "dispatch", "machine": report.machine(), "no_op": nothing}, no_op_table(nothing))
        return
    settings = BLANK | {"STORYREEL_MAX_QUEUED_PER_USER": str(MOST_QUEUED)}
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder, running_stack(Path(folder), settings) as stack:
        idle = asyncio.run(unloaded(stack, chosen.operations))
        busy = asyncio.run(sustained(stack, chosen.creators, chosen.seconds))
        ready = stack.seconds
    columns = ["milliseconds", "p50", "p90", "p99", "max"]
    names = {
        "created_to_started_ms": "created → started",
        "post_ms": "POST, as the client sees it",
        "started_to_finished_ms": "started → finished",
    }
    rows = [[words, *idle[name].values()] for name, words in names.items()]
    busy_rows = [
        ["operations created a second", busy["created_per_second"]],
        ["operations finished a second", busy["finished_per_second"]],
        [
            "created → started p50 / p99",
            f"{busy['created_to_started_ms']['p50']:.0f} / {busy['created_to_started_ms']['p99']:.0f} ms",
        ],
        *([f"CPU of the {part}, ms an operation", used] for part, used in busy["cpu_ms_an_operation"].items()),
    ]
    report.tell(
        {"benchmark": "dispatch", "machine": report.machine(), "stack_ready_seconds": ready, "unloaded": idle, "sustained": busy}
        | {"no_op": nothing},
        report.markdown(columns, rows),
        report.markdown([f"{busy['creators']} creators for {chosen.seconds:.0f} s", "measured"], busy_rows),
        no_op_table(nothing),
    )


if __name__ == "__main__":
    main()
