"""How long an owner's occasional operation waits behind another owner's backlog, and how evenly equal backlogs are served.

One worker whose attempts have nothing to make, and backlogs that are queued before it starts. All times are the database's.
"""

import argparse
import asyncio
import time
import uuid
from typing import Any

import asyncpg

from bench import load, noop, report
from bench.bare import Bare, bare_stack

STARTS = "SELECT user_id, created_at, started_at FROM operations WHERE user_id = ANY($1::uuid[]) ORDER BY started_at, id"
WAITING = "SELECT count(*) FROM operations WHERE status IN ('queued', 'running')"
MOST_SECONDS = 600.0


async def post(bare: Bare, user: uuid.UUID, count: int, *, pause: float = 0.0) -> None:
    """Ask for `count` operations, one after another, `pause` to twice `pause` seconds apart."""
    host, _, port = bare.url.removeprefix("http://").partition(":")
    await load.create(host, int(port), time.monotonic() + MOST_SECONDS, [count], pause, user=str(user))


async def ended(database: Any) -> None:
    until = time.monotonic() + MOST_SECONDS
    while await database.fetchval(WAITING):
        if time.monotonic() > until:
            raise TimeoutError("operations have not ended")
        await asyncio.sleep(0.1)


async def measured(backlogs: list[int], occasional: int, pause: float, slots: int) -> list[list[Any]]:
    """The rows of each owner, in the order of `started_at`; the occasional owner, where there is one, is the last."""
    users = [uuid.uuid4() for _ in backlogs] + [uuid.uuid4()] * bool(occasional)
    with bare_stack(workers=0, STORYREEL_WORKER_SLOTS=str(slots), STORYREEL_MAX_QUEUED_PER_USER="1000000") as bare:
        database = await asyncpg.connect(bare.store.database_url)
        try:
            await asyncio.gather(*(post(bare, user, count) for user, count in zip(users, backlogs, strict=False)))
            bare.start("worker", "bench.bare_worker")
            if occasional:
                while not await database.fetchval("SELECT count(*) FROM operations WHERE started_at IS NOT NULL"):  # noqa: ASYNC110 -- it starts but once
                    await asyncio.sleep(0.005)
                await post(bare, users[-1], occasional, pause=pause)
            await ended(database)
            rows = await database.fetch(STARTS, users)
        finally:
            await database.close()
    return [[(place, row) for place, row in enumerate(rows) if row["user_id"] == user] for user in users]


def waits(rows: list[Any]) -> dict[str, float]:
    return report.percentiles([noop.ms(row["created_at"], row["started_at"]) for _, row in rows])


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backlog", type=int, default=1000)
    parser.add_argument("--occasional", type=int, default=50, help="operations of the owner who asks now and then")
    parser.add_argument("--pause", type=float, default=0.02, help="seconds at least, and twice it at most, between those")
    parser.add_argument("--slots", type=int, default=1)
    chosen = parser.parse_args()
    crowd, guest = asyncio.run(measured([chosen.backlog], chosen.occasional, chosen.pause, chosen.slots))
    last = max(row["started_at"] for _, row in crowd)
    behind = [(place, row) for place, row in guest if row["created_at"] < last]  # the others met no backlog any more
    three = asyncio.run(measured([chosen.backlog] * 3, 0, 0.0, chosen.slots))
    # Of every prefix of the starts, how far the owner with most is before the one with fewest.
    served, lead = [0, 0, 0], 0
    until = min(owner[-1][0] for owner in three)  # afterwards one of them has none left
    for _, number in sorted((place, number) for number, owner in enumerate(three) for place, _ in owner if place <= until):
        served[number] += 1
        lead = max(lead, max(served) - min(served))
    found = {
        "benchmark": "fair",
        "machine": report.machine(),
        "slots": chosen.slots,
        "backlog": {"operations": len(crowd), "created_to_started_ms": waits(crowd)},
        "occasional": {"operations": len(behind), "created_to_started_ms": waits(behind)} if behind else None,
        "three": {"largest_lead": lead, "created_to_started_ms": [waits(owner) for owner in three]},
    }
    rows = [["who has the backlog", len(crowd), *waits(crowd).values()]]
    if behind:
        rows.append(["who asks now and then", len(behind), *waits(behind).values()])
    rows += [[f"equal backlogs, owner {n}", len(owner), *waits(owner).values()] for n, owner in enumerate(three, 1)]
    table = report.markdown(["created → started, ms", "operations", "p50", "p90", "p99", "max"], rows)
    report.tell(found, table, f"Largest lead of one of three owners with equal backlogs: {lead} operations.")


if __name__ == "__main__":
    main()
