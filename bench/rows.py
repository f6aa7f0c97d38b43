"""What one look costs with a thousand, a hundred thousand and a million operations in the table, half of them the looker's own.

The real store on a Postgres with its usual settings, one call after another. What has not ended is the same number at every size,
as it is in a service that keeps up: the rest is history, and history must cost nothing.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import asyncpg

from bench import report
from services.adapters.postgres.store import PostgresStore, open_store
from services.adapters.settings import StoreSettings
from services.cli.embedded.postgres import EmbeddedPostgres
from services.core.filter_syntax import parse
from services.core.model import OperationId
from services.core.ordering import parse_order, place_of
from services.core.ports import OperationFilter
from tests.filled import BUSIEST, fill

SIZES = (1_000, 100_000, 1_000_000)
PAGE = 51
LOOKS = 300
WRITES = 60
WARM_UP = 10
SAMPLE = "SELECT id FROM operations WHERE user_id = $1 AND finished_at IS NOT NULL ORDER BY md5(id::text) LIMIT $2"
MIDDLE = "SELECT id FROM operations WHERE user_id = $1 ORDER BY id OFFSET $2 LIMIT 1"

Call = Callable[[], Awaitable[object]]


@contextmanager
def running_postgres() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder:
        server = EmbeddedPostgres(Path(folder) / "postgres")
        try:
            yield server.start()
        finally:
            server.stop()


async def empty(url: str, size: int) -> str:
    """The URL of a new database."""
    admin = await asyncpg.connect(url)
    await admin.execute(f"CREATE DATABASE rows_{size}")
    await admin.close()
    return f"{url.rsplit('/', 1)[0]}/rows_{size}"


async def filled(own: str, size: int) -> None:
    connection = await asyncpg.connect(own)
    await fill(connection, size)
    await connection.execute("CHECKPOINT")
    await connection.close()


async def calls(store: PostgresStore, url: str, size: int) -> dict[str, tuple[int, Call]]:
    """What is measured, by its name, and how often."""
    connection = await asyncpg.connect(url)
    ids = [OperationId(row["id"]) for row in await connection.fetch(SAMPLE, BUSIEST, LOOKS)]
    middle = place_of(await store.operation(BUSIEST, await connection.fetchval(MIDDLE, BUSIEST, size // 4)), parse_order(""))
    await connection.close()
    each = cycle(ids)
    newest = [operation.id for operation in await store.operations(BUSIEST, limit=PAGE)]

    def listed(filter_: str = "", order: str = "", **more: Any) -> tuple[int, Call]:
        where = OperationFilter(where=parse(filter_), order_by=parse_order(order))
        return LOOKS, lambda: store.operations(BUSIEST, limit=PAGE, where=where, **more)

    return {
        "get": (LOOKS, lambda: store.operation(BUSIEST, next(each))),
        "its timeline": (LOOKS, lambda: store.events(BUSIEST, next(each))),
        "list, newest first": listed(),
        "list, from the middle": listed(after=middle),
        "list, `status = failed`": listed("status = failed"),
        "list, `done = false`": listed("done = false"),
        "list, `error.reason = PEER_TIMEOUT`": listed("error.reason = PEER_TIMEOUT"),
        "list, `end_time desc`": listed("done = true", "end_time desc"),
        "list, `update_time desc`": listed("", "update_time desc"),
        "list, `priority desc`": listed("", "priority desc"),
        f"outlook of {PAGE}": (LOOKS, lambda: store.outlook(BUSIEST, newest)),
        "sweep": (WRITES, lambda: store.sweep(announce_after=1.0)),
        "claim": (WRITES, lambda: store.claim_fairest("story-worker/bench", 60.0, room=1)),
    }


async def measured(count: int, same: list[Call]) -> list[dict[str, float]]:
    """Milliseconds of the same call at every size. They take turns, so that whatever else the machine does meets all alike."""
    took: list[list[float]] = [[] for _ in same]
    for number in range(WARM_UP + count):
        for call, times in zip(same, took, strict=True):
            began = time.perf_counter()
            await call()
            if number >= WARM_UP:
                times.append((time.perf_counter() - began) * 1000)
    return [report.percentiles(times) for times in took]


async def measure(sizes: list[int]) -> dict[str, list[dict[str, float]]]:
    """By call, a size after the other."""
    async with AsyncExitStack() as stack:
        url = stack.enter_context(running_postgres())
        todo = []
        for size in sizes:
            own = await empty(url, size)
            store = await stack.enter_async_context(open_store(StoreSettings(database_url=own, database_pool_size=2)))
            await filled(own, size)
            todo.append(await calls(store, own, size))
        return {name: await measured(count, [each[name][1] for each in todo]) for name, (count, _) in todo[0].items()}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="operations in the table; each a new database")
    sizes: list[int] = parser.parse_args().sizes
    found = asyncio.run(measure(sizes))
    rows = [
        [name, *(f"{at['p50']:.2f} / {at['p99']:.2f}" for at in each), f"{each[-1]['p50'] / each[0]['p50']:.2f}"]
        for name, each in found.items()
    ]
    columns = ["ms, p50 / p99", *(f"{size:,} rows" for size in sizes), "p50, last to first"]
    result = {"benchmark": "rows", "machine": report.machine(), "sizes": sizes, "milliseconds": found}
    report.tell(result, report.markdown(columns, rows))


if __name__ == "__main__":
    main()
