"""All parts of Storyreel as processes of the product's own supervisor, with two workers, and with proxies between them.

`python -m tests.chaos.stack SPEC`, where SPEC is `Spec` as JSON; it writes the parts' processes, and how those before them ended,
to `pids.json`.
"""

import json
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Command, Inner
from services.cli.embedded.postgres import EmbeddedPostgres
from services.cli.embedded.renewal import Renewal
from services.cli.embedded.supervisor import RestartPolicy, Supervisor
from services.cli.embedded.wakeups import wakeups

WORKERS = ("worker1", "worker2")
PARTITIONS = len(WORKERS)
"""Of each topic. `storyreel up` has one for its one worker; with one here, one of the two would never be woken but by its poll."""
PARTS = (*WORKERS, "models", "gateway", "broker", "postgres")
PROXIED = ("broker", "postgres", "models")
STOP_ORDER = ("gateway", *WORKERS, "models", "broker", "postgres")
PATIENT = RestartPolicy(limit=100_000, window=60.0, first_delay=0.1, longest_delay=1.0)
"""Parts die all the time here: they are started again for ever, and soon."""


@dataclass(frozen=True)
class Spec:
    """Where everything is: of each part of `ports` its own port, and of each of `proxies` the port that others know."""

    folder: str
    ports: dict[str, int]
    proxies: dict[str, int]
    settings: dict[str, str]

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @property
    def pids(self) -> Path:
        return Path(self.folder) / "pids.json"

    @property
    def media(self) -> Path:
        return Path(self.folder) / "media"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def rpc(self) -> str:
        return f"127.0.0.1:{self.ports['grpc']}"

    def log(self, part: str) -> Path:
        return Path(self.folder) / "logs" / f"{part}.log"


def main(spec: Spec) -> None:
    """Run until told to stop."""
    folder = Path(spec.folder)
    with ExitStack() as held:
        told = held.enter_context(wakeups())
        keeper = Keeper()
        held.callback(keeper.close)
        started: dict[str, Command | Inner] = {}
        endings: dict[str, tuple[int | None, str]] = {}

        def write() -> None:
            endings.update({name: (part.pid, part.ending()) for name, part in started.items() if not part.running()})
            pids = {name: part.pid for name, part in started.items()}
            fresh = spec.pids.with_suffix(".new")
            fresh.write_text(json.dumps({"database": database, "pids": pids, "endings": endings}))
            fresh.replace(spec.pids)

        database = ""
        supervisor = Supervisor(told, keeper, changed=write)
        held.callback(supervisor.stop, STOP_ORDER)

        def begin(part: Command | Inner) -> None:
            started[part.name] = part
            supervisor.start(part)

        def service(name: str, module: str, **own: str) -> None:
            argv = [sys.executable, "-P", "-m", f"services.{module}"]
            begin(Command(name, argv, env=environment | own, log=spec.log(name), grace=20.0))

        environment = {
            **os.environ,
            "PYTHONUNBUFFERED": "1",
            "STORYREEL_MEDIA_URL": spec.media.as_uri(),
            "STORYREEL_MODEL_LISTEN": f"127.0.0.1:{spec.ports['models']}",
            "STORYREEL_MODEL_ADDRESS": f"127.0.0.1:{spec.proxies['models']}",
            "STORYREEL_GATEWAY_HOST": "127.0.0.1",
            "STORYREEL_GATEWAY_PORT": str(spec.ports["gateway"]),
            "STORYREEL_GATEWAY_GRPC_LISTEN": spec.rpc,
            "STORYREEL_READY_REQUIRES": "database,broker,models,workers",
            "STORYREEL_KAFKA_FETCH_MAX_WAIT_MS": "5",
            "STORYREEL_KAFKA_PARTITIONS": str(PARTITIONS),
            "STORYREEL_KAFKA_SESSION_TIMEOUT_MS": "1500",
            "KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{spec.proxies['broker']}",
            **spec.settings,
        }
        spec.media.mkdir(parents=True, exist_ok=True)
        spec.log("stack").parent.mkdir(parents=True, exist_ok=True)
        service("models", "model_service")
        broker = EmbeddedBroker(folder / "logs", port=spec.ports["broker"], advertised_port=spec.proxies["broker"])
        begin(Inner("broker", broker, log=spec.log("broker"), orderly=False))
        server = EmbeddedPostgres(folder / "postgres", port=spec.ports["postgres"])
        postgres = Inner("postgres", server, log=spec.log("postgres"), orderly=True)
        begin(postgres)
        database = postgres.address
        where = urlsplit(database)
        netloc = f"{where.netloc.rpartition(':')[0]}:{spec.proxies['postgres']}"
        environment["DATABASE_URL"] = urlunsplit(where._replace(netloc=netloc))
        for worker in WORKERS:
            service(worker, "story_worker", STORYREEL_WORKER_NAME=worker)
        service("gateway", "gateway")
        # As `storyreel up` does: a log that grows until no fetch is answered any more would be a fault that no plan has.
        itself = BrokerSettings(kafka_bootstrap_servers=f"127.0.0.1:{spec.ports['broker']}")
        renewal = Renewal(itself, lambda why: supervisor.restart("broker", why))

        def never() -> bool:
            renewal.look()
            return False

        supervisor.watch(PATIENT, never)


if __name__ == "__main__":
    main(Spec(**json.loads(sys.argv[1])))
