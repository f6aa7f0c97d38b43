"""`python -m tests.chaos`: one run. Exit code 1 when anything happened that must not."""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

from services.adapters.postgres.database import _prepare
from services.cli.embedded.stack import free_port
from services.core.codec import parts_from_json
from tests.chaos.checker import Evidence, check
from tests.chaos.faults import plan
from tests.chaos.followers import KEEPALIVE_SECONDS
from tests.chaos.history import History
from tests.chaos.injector import Injected, Injector, small_disk
from tests.chaos.load import ENDINGS, EVERYTHING, MOST_QUEUED, Tenant
from tests.chaos.makings import makings
from tests.chaos.proxy import Proxy
from tests.chaos.quiet import connected, delivered, whole
from tests.chaos.rain import crashing, rain, say
from tests.chaos.receiver import Receiver
from tests.chaos.report import Report, report
from tests.chaos.stack import PARTS, PROXIED, WORKERS, Spec
from tests.e2e.harness import BLANK, environment
from tests.invariants import Violation, postgres_snapshot

LEASE = 3.0
QUIET = LEASE + 2.0
"""Seconds after a fault that is to be alone; so long may the recovery of what it hit take."""
START_SECONDS = 90.0
STOP_SECONDS = 90.0
SETTINGS = BLANK | {
    "STORYREEL_BLANK_DELAY_SECONDS": "0.15",
    "STORYREEL_WORKER_SLOTS": "16",
    "STORYREEL_WORKER_LEASE_SECONDS": str(LEASE),
    "STORYREEL_WORKER_DRAIN_SECONDS": "0.2",  # so short that a restarted worker has something to give back
    "STORYREEL_WORKER_PULSE_SECONDS": "0.5",
    "STORYREEL_WORKER_SWEEP_SECONDS": "0.5",
    "STORYREEL_WORKER_POLL_SECONDS": "2",
    "STORYREEL_WORKER_RETRY_BASE_SECONDS": "0.2",
    "STORYREEL_WORKER_RETRY_CAP_SECONDS": "1",
    "STORYREEL_MAX_QUEUED_PER_USER": str(MOST_QUEUED),
    "STORYREEL_LIVE_KEEPALIVE_SECONDS": str(KEEPALIVE_SECONDS),
    "STORYREEL_WEBHOOK_ALLOW_HTTP": "true",
    "STORYREEL_WEBHOOK_ALLOW_PRIVATE": "true",
    "STORYREEL_WEBHOOK_TIMEOUT_SECONDS": "2",
}


async def chaos(options: argparse.Namespace, folder: Path) -> Report:
    """Start everything, let the plan rain on it under load, wait for quiet, and check."""
    began = time.time()
    history, stop = History(), asyncio.Event()
    faults = plan(options.seed, faults=options.faults, every=options.every, quiet=QUIET)
    spec = _spec(folder)
    async with AsyncExitStack() as held:
        disk = held.enter_context(small_disk(spec.media, options.disk))
        proxies = {name: Proxy(spec.ports[name]) for name in PROXIED}
        for name, proxy in proxies.items():
            await held.enter_async_context(proxy.listening(spec.proxies[name]))
        await held.enter_async_context(_running(spec))
        receiver = await held.enter_async_context(Receiver(spec.ports["receiver"], history, options.seed).listening())
        await whole(spec, START_SECONDS)
        say(f"begins after {time.time() - began:.0f} s")
        injector = Injector(spec, proxies, history, disk=disk, seed=options.seed)
        chance = random.Random(options.seed)
        tenants = [
            await held.enter_async_context(tenant.connected()) for tenant in _tenants(spec, chance, history, stop, options.tenants)
        ]
        for number, tenant in enumerate(tenants):
            await tenant.subscribe(receiver, ENDINGS if number else EVERYTHING)
        load = asyncio.gather(*(tenant.live() for tenant in tenants))
        async with crashing(spec, injector, every=options.postgres_every, seed=options.seed) as crashes:
            injected = await rain(spec, injector, faults, start=START_SECONDS, quiet=QUIET)
            while sum(len(tenant.operations) for tenant in tenants) < options.operations and not load.done():  # noqa: ASYNC110
                await asyncio.sleep(1.0)
        injected += crashes
        stop.set()
        receiver.moody = False
        await load
        await whole(spec, START_SECONDS)
        say(f"whole again after {time.time() - began:.0f} s in all")
        await asyncio.gather(*(tenant.settle(options.settle) for tenant in tenants))
        say(f"everything has ended after {time.time() - began:.0f} s")
        await delivered(spec, {tenant.user: tenant for tenant in tenants}, options.settle)
        say(f"everything is told after {time.time() - began:.0f} s")
        evidence = await _evidence(spec, history, injected)
        violations = check(evidence)
        said = report(
            seed=options.seed,
            rows=evidence.rows,
            history=history,
            injected=injected,
            violations=violations,
            makings=evidence.made,
            seconds=time.time() - began,
        )
        late = [str(Violation("recovered_late", "a killed worker", f"{s} s")) for s in said.recoveries if s > options.recovery]
        return Report(**{**vars(said), "violations": (*said.violations, *late)})


def _tenants(spec: Spec, chance: random.Random, history: History, stop: asyncio.Event, number: int) -> Iterator[Tenant]:
    for _ in range(number):
        user = UUID(int=chance.getrandbits(128), version=4)
        yield Tenant(spec.url, spec.rpc, user, chance.getrandbits(32), history, stop)


async def _evidence(spec: Spec, history: History, injected: Sequence[Injected]) -> Evidence:
    """Straight from the database, by its own port, and from the model service's log."""
    async with connected(spec) as connection:
        await _prepare(connection)
        rows = await postgres_snapshot(connection)
        keys = {
            (row["user_id"], row["key"]): row["operation_id"] for row in await connection.fetch("SELECT * FROM idempotency_keys")
        }
        parts = [parts_from_json(row["parts"]) for row in await connection.fetch("SELECT parts FROM artifacts")]
    artifacts = tuple(ref for each in parts for ref in each.values())
    made = makings(spec.log("models").read_text(encoding="utf-8", errors="replace"))
    return Evidence(rows, keys, history, spec.media, artifacts, made, tuple(injected))


def _spec(folder: Path) -> Spec:
    taken: list[int] = []

    def port() -> int:
        taken.append(free_port("127.0.0.1", taken))
        return taken[-1]

    ports = {part: port() for part in (*PARTS, "grpc", "receiver") if part not in WORKERS}
    return Spec(str(folder), ports, {part: port() for part in PROXIED}, SETTINGS)


@asynccontextmanager
async def _running(spec: Spec) -> AsyncIterator[None]:
    command = [sys.executable, "-m", "tests.chaos.stack", spec.to_json()]
    process = await asyncio.create_subprocess_exec(*command, env=environment({}))
    try:
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(STOP_SECONDS):  # the proxies go on meanwhile: parts say good-bye through them
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="of the plan and of the clients' choices; by default, any")
    parser.add_argument("--operations", type=int, default=2_000, help="at least so many, and until the last fault is over")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two faults, about")
    parser.add_argument(
        "--postgres-every", type=float, default=0.0, help="seconds between two kills of Postgres beside the plan; 0: none"
    )
    parser.add_argument("--tenants", type=int, default=8)
    parser.add_argument("--settle", type=float, default=120.0, help="seconds after the last fault, for all to end")
    parser.add_argument("--recovery", type=float, default=QUIET, help="longest seconds from a worker's kill to the next attempt")
    parser.add_argument("--disk", default="512m", help="size of the disk that is filled")
    parser.add_argument("--report", type=Path, default=None, help="where to write the report as JSON")
    parser.add_argument("--keep", type=Path, default=None, help="a folder for data and logs, kept afterwards")
    options = parser.parse_args(arguments)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(2**32)
    return options


def main() -> int:
    """Run once; 0 when nothing was violated."""
    options = _options(sys.argv[1:])
    say(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="storyreel-chaos-") as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        said = asyncio.run(chaos(options, folder))
    sys.stdout.write(f"{said}\n")
    if options.report:
        options.report.write_text(said.to_json())
    return 1 if said.violations else 0


if __name__ == "__main__":
    sys.exit(main())
