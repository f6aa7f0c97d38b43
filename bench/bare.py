"""Postgres, broker, gateways and workers as processes of their own, and no models: what the engine of operations runs on.

Commits are durable: the embedded Postgres runs with its defaults (`fsync` and `synchronous_commit` on), and the broker keeps
nothing, as the design allows it to.
"""

import contextlib
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from services.adapters.settings import BrokerSettings, StoreSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.cli.embedded.postgres import EmbeddedPostgres
from services.cli.embedded.stack import free_port
from tests.e2e.harness import environment

PARTITIONS = 1
"""As on the embedded stack, where one worker reads."""
_READY_SECONDS = 60.0


@dataclass
class Bare:
    """A running engine of operations. `parts` are the processes by name; `url` is the gateway's, where there is one."""

    folder: Path
    store: StoreSettings
    broker: BrokerSettings
    settings: dict[str, str]
    parts: dict[str, int] = field(default_factory=dict)
    url: str = ""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, module: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start `python -m module`; it logs into the folder."""
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", module], env=environment(self.settings | settings), stdout=log, stderr=log
            )
        self._processes.append(process)
        self.parts[name] = process.pid
        return process

    def start_gateway(self) -> None:
        """Returns when it answers."""
        port = free_port("127.0.0.1")
        process = self.start("gateway", "services.gateway", STORYREEL_GATEWAY_PORT=str(port))
        self.url = f"http://127.0.0.1:{port}"
        until = time.monotonic() + _READY_SECONDS
        while not _answers(f"{self.url}/readyz"):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "gateway.log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def cpu_seconds(self) -> dict[str, float]:
        """Processor time that each part with its children has used so far."""
        return {name: _used(pid) for name, pid in self.parts.items()}


@contextlib.contextmanager
def bare_stack(*, workers: int = 1, gateway: bool = True, worker: str = "bench.bare_worker", **settings: str) -> Iterator[Bare]:
    """Run the parts while the block lasts. `settings` go to gateway and workers (`STORYREEL_…`)."""
    with tempfile.TemporaryDirectory(prefix="storyreel-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        postgres, broker = EmbeddedPostgres(folder / "postgres"), EmbeddedBroker(folder)
        database = postgres.start()
        stack.callback(postgres.stop)
        servers = broker.start()
        stack.callback(broker.kill)
        ours = {
            "DATABASE_URL": database,
            "KAFKA_BOOTSTRAP_SERVERS": servers,
            "STORYREEL_MEDIA_URL": (folder / "media").as_uri(),
            "STORYREEL_KAFKA_FETCH_MAX_WAIT_MS": "5",
            "STORYREEL_KAFKA_PARTITIONS": str(PARTITIONS),
            "STORYREEL_KAFKA_SESSION_TIMEOUT_MS": "6000",
            "STORYREEL_LOG_LEVEL": "INFO",
        }
        (folder / "media").mkdir()
        bare = Bare(
            folder,
            StoreSettings(database_url=database),
            BrokerSettings(kafka_bootstrap_servers=servers, kafka_fetch_max_wait_ms=5, kafka_partitions=PARTITIONS),
            ours | settings,
        )
        assert postgres.pid
        assert broker.pid
        bare.parts = {"postgres": postgres.pid, "broker": broker.pid}
        stack.callback(bare.stop)
        if gateway:
            bare.start_gateway()
        for number in range(workers):
            bare.start("worker" if workers == 1 else f"worker {number + 1}", worker)
        yield bare


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2.0) as answer:  # noqa: S310 -- our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _used(pid: int) -> float:
    root = psutil.Process(pid)
    times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
    # A backend that has ended counts with its parent.
    own = root.cpu_times()
    return sum(t.user + t.system for t in times) + own.children_user + own.children_system
