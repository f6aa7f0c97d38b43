"""Ask one peer for jobs that do nothing, and print as JSON how long they waited and how many a second it carried.

Runs in the peers' environment, beside a worker that `bench.peers` has started. First jobs one after another, each once the one
before has begun; then many at once, until all have begun.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from bench.peers import jobs

WARM_UP = 20
LOOK_SECONDS = 0.002
PATIENCE_SECONDS = 120.0

Ask = Callable[[], Awaitable[object]]


@asynccontextmanager
async def procrastinate_client() -> AsyncIterator[Ask]:
    app, nothing = jobs.procrastinate_app()
    async with app.open_async():
        yield lambda: nothing.defer_async(asked=time.monotonic_ns())


@asynccontextmanager
async def taskiq_client() -> AsyncIterator[Ask]:
    broker, nothing = jobs.taskiq_broker()
    await broker.startup()
    try:
        yield lambda: nothing.kiq(time.monotonic_ns())
    finally:
        await broker.shutdown()


@asynccontextmanager
async def celery_client() -> AsyncIterator[Ask]:
    """Its client is not asynchronous: one thread for each that asks."""
    _, nothing = jobs.celery_app()
    yield lambda: asyncio.to_thread(nothing.delay, time.monotonic_ns())


CLIENTS = {"procrastinate": procrastinate_client, "taskiq": taskiq_client, "celery": celery_client}


def begun(after: int = 0) -> list[tuple[int, int]]:
    """When each job but the first `after` was asked for and began, in nanoseconds."""
    file = Path(jobs.OUT)
    lines = file.read_text().splitlines()[after:] if file.exists() else []
    return [(int(asked), int(began)) for asked, began in (line.split() for line in lines)]


async def have_begun(count: int) -> None:
    """Return once `count` jobs have begun, in all. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(begun()) < count:  # noqa: ASYNC110 -- the worker is another program: its file is all that it tells
            await asyncio.sleep(LOOK_SECONDS)


async def unloaded(ask: Ask, count: int) -> list[float]:
    """Milliseconds from asking to beginning, with nothing else under way."""
    for number in range(WARM_UP + count):
        await ask()
        await have_begun(number + 1)
    return [(began - asked) / 1e6 for asked, began in begun(WARM_UP)]


async def sustained(ask: Ask, count: int, creators: int) -> dict[str, float]:
    """Jobs a second: asked for by `creators` at once, and begun, from the first asking to the last beginning."""
    before = len(begun())
    started = time.monotonic_ns()
    numbers = iter(range(count))

    async def create() -> None:
        for _ in numbers:
            await ask()

    await asyncio.gather(*(create() for _ in range(creators)))
    asked = time.monotonic_ns()
    await have_begun(before + count)
    last = max(began for _, began in begun(before))
    return {"created_per_second": count / (asked - started) * 1e9, "begun_per_second": count / (last - started) * 1e9}


async def measure(peer: str, one_by_one: int, at_once: int, creators: int) -> dict[str, object]:
    async with CLIENTS[peer]() as ask:
        waits = await unloaded(ask, one_by_one)
        return {"peer": peer, "created_to_started_ms": waits, "sustained": await sustained(ask, at_once, creators)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=CLIENTS)
    parser.add_argument("--unloaded", type=int, default=200)
    parser.add_argument("--sustained", type=int, default=3000)
    parser.add_argument("--creators", type=int, default=16)
    chosen = parser.parse_args()
    print(json.dumps(asyncio.run(measure(chosen.peer, chosen.unloaded, chosen.sustained, chosen.creators))))


if __name__ == "__main__":
    main()
