"""What a thousand people who watch one operation cost a gateway: memory and processor time while nothing happens, and how long
an event takes to reach all of them.

The operation is paused, so that nothing but this benchmark speaks of it. Its events are published to Kafka as a worker publishes
them; every subscriber is a connection of its own that reads server-sent events.
"""

import argparse
import asyncio
import json
import signal
import tempfile
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import psutil

from bench import report
from bench.dispatch import BODY, cpu_seconds
from services.adapters.kafka import open_event_sender
from services.adapters.settings import BrokerSettings
from services.core.model import OperationEvent, OperationId, StoryId, UserId
from tests.e2e.harness import BLANK, Client, RunningStack, running_stack

IDLE_SECONDS = 10.0
BETWEEN_SECONDS = 0.4
OPENED_AT_ONCE = 50
PAUSE = "UPDATE operations SET status = 'paused' WHERE id = $1 AND status = 'queued'"


class Subscriber:
    """One open event stream, and when each numbered event came."""

    def __init__(self) -> None:
        self.came: dict[int, float] = {}
        self.open = asyncio.Event()

    async def read(self, url: str, operation: str, user: UUID) -> None:
        """Follow the operation until cancelled."""
        where = urlsplit(url)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        try:
            writer.write(
                f"GET /v1/operations/{operation}/events HTTP/1.1\r\nHost: {where.netloc}\r\nX-User-ID: {user}\r\n"
                "Accept: text/event-stream\r\n\r\n".encode()
            )
            while line := await reader.readline():
                if line.startswith(b"data:"):
                    self.open.set()
                    number = json.loads(line[5:]).get("data", {}).get("number")
                    if number is not None:
                        self.came[number] = time.perf_counter()
        finally:
            writer.close()


def waiting_operation(stack: RunningStack, client: Client) -> str:
    """An operation that stays as it is: paused before the worker could claim it."""
    stack.signal("worker", signal.SIGSTOP)
    try:
        operation = client.create_story(BODY)
        asyncio.run(_pause(stack.state.database_url, operation))
    finally:
        stack.signal("worker", signal.SIGCONT)
    return operation


async def _pause(url: str, operation: str) -> None:
    database = await asyncpg.connect(url)
    try:
        assert await database.execute(PAUSE, operation) == "UPDATE 1"
    finally:
        await database.close()


async def measure(stack: RunningStack, client: Client, operation: str, *, subscribers: int, events: int) -> dict[str, Any]:
    gateway = psutil.Process(stack.pid("gateway"))
    before = gateway.memory_full_info().uss
    watching = [Subscriber() for _ in range(subscribers)]
    async with AsyncExitStack() as open_streams, asyncio.TaskGroup() as tasks:
        reading = []
        began = time.perf_counter()
        for start in range(0, subscribers, OPENED_AT_ONCE):
            some = watching[start : start + OPENED_AT_ONCE]
            reading += [tasks.create_task(one.read(stack.url, operation, client.user)) for one in some]
            await asyncio.gather(*(one.open.wait() for one in some))
        opened = time.perf_counter() - began
        used = cpu_seconds(stack)
        await asyncio.sleep(IDLE_SECONDS)
        idle = {part: round((seconds - used[part]) / IDLE_SECONDS, 3) for part, seconds in cpu_seconds(stack).items()}
        after = gateway.memory_full_info().uss
        settings = BrokerSettings(kafka_bootstrap_servers=stack.state.kafka_bootstrap_servers)
        sender = await open_streams.enter_async_context(open_event_sender(settings))
        sent = []
        spent = cpu_seconds(stack)["gateway"]
        for number in range(events):
            event = OperationEvent(
                OperationId(UUID(operation)),
                UserId(client.user),
                StoryId(UUID(int=0)),
                0,
                datetime.now(UTC),
                "progress",
                {"number": number},
            )
            sent.append(time.perf_counter())
            await sender.publish([event])
            await asyncio.sleep(BETWEEN_SECONDS)
        async with asyncio.timeout(30):
            while any(len(one.came) < events for one in watching):  # noqa: ASYNC110 -- a look now and then disturbs nothing
                await asyncio.sleep(0.05)
        spent = cpu_seconds(stack)["gateway"] - spent - idle["gateway"] * events * BETWEEN_SECONDS
        for task in reading:
            task.cancel()
    waits = [(one.came[number] - sent[number]) * 1000 for one in watching for number in range(events)]
    last = [max(one.came[number] for one in watching) - sent[number] for number in range(events)]
    return {
        "subscribers": subscribers,
        "opened_seconds": round(opened, 2),
        "kib_a_subscriber": round((after - before) / subscribers / 1024, 1),
        "idle_cores": idle,
        "gateway_us_a_subscriber_and_event": round(spent / subscribers / events * 1e6, 1),
        "published_to_received_ms": report.percentiles(waits),
        "published_to_all_ms": report.percentiles([seconds * 1000 for seconds in last]),
    }


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--events", type=int, default=50)
    chosen = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="storyreel-bench-") as folder,
        running_stack(Path(folder), BLANK) as stack,
        stack.client() as client,
    ):
        client.succeeded(client.create_story(BODY))
        operation = waiting_operation(stack, client)
        found = asyncio.run(measure(stack, client, operation, subscribers=chosen.subscribers, events=chosen.events))
    waits, to_all = found["published_to_received_ms"], found["published_to_all_ms"]
    rows = [
        ["published → received, p50 / p99", f"{waits['p50']:.0f} / {waits['p99']:.0f} ms"],
        ["published → received by all, p50 / p99", f"{to_all['p50']:.0f} / {to_all['p99']:.0f} ms"],
        ["CPU of the gateway, a subscriber and event", f"{found['gateway_us_a_subscriber_and_event']} µs"],
        ["memory an idle subscriber", f"{found['kib_a_subscriber']} KiB"],
        *([f"cores of the {part} while nothing happens", cores] for part, cores in found["idle_cores"].items()),
    ]
    report.tell(
        {"benchmark": "live", "machine": report.machine(), "measured": found},
        report.markdown([f"{found['subscribers']} subscribers to one operation", "measured"], rows),
    )


if __name__ == "__main__":
    main()
