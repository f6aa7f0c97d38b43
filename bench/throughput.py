"""No-op operations a second without HTTP, and what a claim costs in a table of any size.

    python -m bench.throughput [--operations 6000] [--rows 1000 1000000]

One process creates operations and announces them as a gateway does, another is a real worker whose attempts have nothing to make
(`bench.bare_worker`); Postgres commits durably. Then a database is filled with more and more operations that have ended, and
one by one operations are created, claimed and ended at the store.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import uvloop

from bench import report
from bench.bare import Bare, bare_stack
from bench.noop import ENDED, LATEST, UNFINISHED, ms
from services.adapters.kafka import open_event_sender, open_wakeup_sender
from services.adapters.postgres import PostgresStore, open_store
from services.adapters.postgres.migrate import migrate
from services.core.announcer import Announcer
from services.core.commands import CreateStory
from services.core.model import Language, UserId
from services.core.ports import Claim
from services.core.use_cases import Stories
from tests.filled import fill

COMMAND = CreateStory(
    content="One shot of nothing in particular.",
    title="A bench",
    style="",
    language=Language.EN,
    aspect="16:9",
    voice="",
    shot_count=1,
    payload={"script_content": "One shot of nothing in particular."},
)
LEASE = 30.0
PROMPT_MS = 500.0
"""A wake-up starts an operation sooner, and the slow look every five seconds nearly always later."""
BLOCKS = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = current_database()"
STEPS = ("create", "claim", "finish", "get")


async def sustained(bare: Bare, operations: int, creators: int) -> dict[str, Any]:
    """Operations a second from the first creation to the last end, and the CPU that each part spent on one."""
    database = await asyncpg.connect(bare.store.database_url)
    async with (
        open_store(bare.store) as store,
        open_wakeup_sender(bare.broker) as wakeups,
        open_event_sender(bare.broker) as events,
    ):
        announcer = Announcer(store, wakeups, events)
        announcing = asyncio.create_task(announcer.run())
        stories = Stories(store, announcer)
        await _listening(stories, database)
        began = await database.fetchval("SELECT clock_timestamp()")
        before, own = bare.cpu_seconds(), time.process_time()
        await _create(stories, operations, creators)
        await _ended(database)
        used = {part: after - before[part] for part, after in bare.cpu_seconds().items()} | {"creator": time.process_time() - own}
        announcing.cancel()
        await asyncio.gather(announcing, return_exceptions=True)
    ended = await database.fetch(ENDED, began)
    waits = [ms(row["created_at"], row["started_at"]) for row in await database.fetch(LATEST, began)]
    await database.close()
    count = sum(row["n"] for row in ended)
    took = (max(row["last"] for row in ended) - began).total_seconds()
    return {
        "operations": count,
        "ended": {row["status"]: row["n"] for row in ended},
        "finished_per_second": round(count / took, 1),
        "created_to_started_ms": report.percentiles(waits),
        "cpu_ms_an_operation": {part: round(seconds * 1000 / count, 3) for part, seconds in used.items()},
        "cpu_ms_in_all": round(sum(used.values()) * 1000 / count, 3),
    }


async def _listening(stories: Stories, database: Any) -> None:
    """Returns when the worker is a member of its group: what is created is started by its wake-up, and not by a slow look."""
    while True:
        began = await database.fetchval("SELECT clock_timestamp()")
        await _create(stories, 50, creators=1)
        await _ended(database)
        if all(ms(row["created_at"], row["started_at"]) < PROMPT_MS for row in await database.fetch(LATEST, began)):
            return


async def _create(stories: Stories, operations: int, creators: int) -> None:
    owners = [UserId(uuid4()) for _ in range(8)]
    left = iter(range(operations))

    async def create() -> None:
        for number in left:
            await stories.create(owners[number % len(owners)], COMMAND)

    await asyncio.gather(*(create() for _ in range(creators)))


async def _ended(database: Any) -> None:
    while await database.fetchval(UNFINISHED):  # noqa: ASYNC110 -- a look now and then must not disturb what is measured
        await asyncio.sleep(0.05)


async def flatness(bare: Bare, sizes: Sequence[int], rounds: int) -> dict[int, dict[str, float]]:
    """Median milliseconds of each step at the store, by the number of operations in the table; and the blocks that all steps of
    one operation touch, which say the same on a busy machine as on a quiet one.
    """
    database = await asyncpg.connect(bare.store.database_url)
    await migrate(database)
    found = {}
    for size in sizes:
        await database.execute("TRUNCATE stories, turns CASCADE")
        await fill(database, size)
        await database.execute("UPDATE operations SET run_after = now() + interval '1 day' WHERE status = 'queued'")
        await database.execute("VACUUM ANALYZE")
        before = await database.fetchval(BLOCKS)
        async with open_store(bare.store) as store:
            found[size] = await _steps(store, rounds)
        await asyncio.sleep(1.0)  # the counters of a connection that has ended come in a little later
        found[size]["blocks"] = round((await database.fetchval(BLOCKS) - before) / rounds, 1)
    await database.close()
    return found


async def _steps(store: PostgresStore, rounds: int) -> dict[str, float]:
    took: dict[str, list[float]] = {step: [] for step in STEPS}
    owner = UserId(uuid4())
    for _ in range(rounds):
        at = [time.perf_counter()]
        operation = (await store.create_story(owner, COMMAND)).operation
        at.append(time.perf_counter())
        (work,) = await store.claim_fairest("story-worker/bench", LEASE, room=1)
        at.append(time.perf_counter())
        await store.finish(Claim(operation.id, owner, work.operation.attempt, "story-worker/bench"))
        at.append(time.perf_counter())
        await store.operation(owner, operation.id)
        at.append(time.perf_counter())
        for step, earlier, later in zip(STEPS, at, at[1:], strict=False):
            took[step].append((later - earlier) * 1000)
    return {step: round(statistics.median(values), 2) for step, values in took.items()}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=6000)
    parser.add_argument("--creators", type=int, default=32)
    parser.add_argument("--slots", type=int, default=32)
    parser.add_argument("--rows", type=int, nargs="*", default=[1_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=200)
    chosen = parser.parse_args()
    result: dict[str, Any] = {"benchmark": "throughput", "machine": report.machine(), "slots": chosen.slots}
    tables = []
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if chosen.operations:
            with bare_stack(gateway=False, STORYREEL_WORKER_SLOTS=str(chosen.slots)) as bare:
                busy = result["sustained"] = runner.run(sustained(bare, chosen.operations, chosen.creators))
            rows = [["operations a second", busy["finished_per_second"]]]
            rows += [[f"CPU of the {part}, ms an operation", used] for part, used in busy["cpu_ms_an_operation"].items()]
            tables.append(report.markdown([f"store and broker, {chosen.creators} creators", "measured"], rows))
        if chosen.rows:
            with bare_stack(gateway=False, workers=0) as bare:
                flat = result["milliseconds_by_rows"] = runner.run(flatness(bare, chosen.rows, chosen.rounds))
            tables.append(
                report.markdown(
                    ["ms, median", *STEPS, "blocks touched"], [[f"{size:,} rows", *took.values()] for size, took in flat.items()]
                )
            )
    report.tell(result, *tables)


if __name__ == "__main__":
    main()
