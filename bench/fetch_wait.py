"""What `kafka_fetch_max_wait_ms` costs and gives on the embedded broker, whose fetches do not wake when a record comes.

    python -m bench.fetch_wait [--into docs/benchmarks.md]

For each value: 300 wake-ups, one after another at random moments, timed from before the announcement until the receiver (a
process of its own) has it; then the CPU that receiver and broker take while nothing happens.
"""

import argparse
import asyncio
import os
import platform
import random
import statistics
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import uvloop

from services.adapters import kafka
from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.core.model import OperationId

WAITS_MS = (2, 5, 10, 20, 50)
RECORDS = 300
IDLE_SECONDS = 4.0
HEADING = "## What a fetch costs"


@dataclass(frozen=True, slots=True)
class Row:
    """Latencies in milliseconds; idle CPU in percent of one core."""

    wait_ms: int
    p50: float
    p99: float
    receiver_cpu: float
    broker_cpu: float


async def receive(settings: BrokerSettings, group: str) -> None:
    """The receiver's process: a line with the moment of each wake-up."""
    async with kafka.open_wakeup_receiver(settings, group) as receiver:
        async for wakeup in receiver:
            print(wakeup.operation_id, time.monotonic(), flush=True)
            await wakeup.settle()


async def measure(wait_ms: int, servers: str, broker_pid: int) -> Row:
    settings = BrokerSettings(
        kafka_bootstrap_servers=servers,
        kafka_topic_prefix=f"bench-{wait_ms}",
        kafka_partitions=1,  # as the embedded stack has it
        kafka_fetch_max_wait_ms=wait_ms,
    )
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.fetch_wait", "--receive", settings.model_dump_json()), stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout
    try:
        async with kafka.open_wakeup_sender(settings) as sender:

            async def once() -> float:
                sent = OperationId(uuid.uuid4())
                began = time.monotonic()
                await sender.announce([sent])
                received, moment = (await child.stdout.readline()).decode().split()  # type: ignore[union-attr]  # asserted above
                assert received == str(sent)
                return (float(moment) - began) * 1000

            for _ in range(20):
                await once()
            latencies = []
            for _ in range(RECORDS):
                await asyncio.sleep(random.uniform(0, 2 * wait_ms / 1000))  # no phase of the fetches is preferred
                latencies.append(await once())
            receiver_cpu, broker_cpu = await asyncio.gather(idle(child.pid), idle(broker_pid))
    finally:
        child.terminate()
        await child.wait()
    cuts = statistics.quantiles(latencies, n=100, method="inclusive")
    return Row(wait_ms, cuts[49], cuts[98], receiver_cpu, broker_cpu)


async def idle(pid: int) -> float:
    """Percent of one core that the process takes over some seconds."""
    process = psutil.Process(pid)
    before, began = process.cpu_times(), time.monotonic()
    await asyncio.sleep(IDLE_SECONDS)
    after = process.cpu_times()
    return 100 * (after.user + after.system - before.user - before.system) / (time.monotonic() - began)


async def main() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        broker = EmbeddedBroker(Path(folder))
        servers = broker.start()
        try:
            assert broker.pid
            return [await measure(wait_ms, servers, broker.pid) for wait_ms in WAITS_MS]
        finally:
            broker.kill()


def section(rows: list[Row]) -> str:
    table = "\n".join(
        f"| {row.wait_ms} ms | {row.p50:.1f} ms | {row.p99:.1f} ms | {row.receiver_cpu:.1f} % | {row.broker_cpu:.1f} % |"
        for row in rows
    )
    machine = f"{os.cpu_count()} shared cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    return f"""{HEADING}

`kafka_fetch_max_wait_ms` on the embedded broker, by `python -m bench.fetch_wait`: announce → received over {RECORDS} wake-ups,
and the CPU (of one core) that one receiver and the broker take while nothing happens.

| wait | p50 | p99 | receiver, idle | broker, idle |
| ---: | ---: | ---: | ---: | ---: |
{table}

{datetime.now(UTC):%Y-%m-%d}, {machine}.

For the embedded broker 10 ms is the best buy: shorter waits gain about a millisecond, and cost up to twice the idle CPU.
A Kafka cluster answers a fetch as soon as a record is there, so there the default of 500 ms is right. The gateway's reader
of live events never asks for less than 50 ms.
"""


def put(text: str, into: Path) -> None:
    """Replace the section of this heading, or append it."""
    page = into.read_text() if into.exists() else "# Benchmarks\n"
    before, found, rest = page.partition(HEADING)
    following = rest.find("\n## ")
    after = rest[following:] if found and following >= 0 else ""
    into.write_text(f"{before.rstrip()}\n\n{text}{after}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--into", type=Path, help="the page whose section is to be written")
    parser.add_argument("--receive", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if arguments.receive:
            runner.run(receive(BrokerSettings.model_validate_json(arguments.receive), f"bench-{uuid.uuid4()}"))
        else:
            result = section(runner.run(main()))
            print(result)
            if arguments.into:
                put(result, arguments.into)
