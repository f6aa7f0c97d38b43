"""The whole of Storyreel on one machine: Postgres, broker, model service, story worker and gateway under one supervisor."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import logging
import os
import socket
import sys
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.cli.embedded.folder import Folder, PartState, StackState
from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Command, Inner, Part
from services.cli.embedded.postgres import EmbeddedPostgres
from services.cli.embedded.processes import created
from services.cli.embedded.renewal import Renewal
from services.cli.embedded.supervisor import RestartPolicy, Supervisor
from services.cli.embedded.wakeups import Wakeups

STOP_ORDER = ("gateway", "worker", "models", "broker", "postgres")
STARTING = RestartPolicy(limit=3)
"""While starting, a part that dies is broken rather than unlucky."""
_GRACE = {"gateway": 10.0, "worker": 25.0, "models": 10.0}
"""Seconds that a part may take to stop. The worker drains: it finishes what it runs, or hands it back."""


class PortTaken(Exception):
    """Another program listens there."""


class NotReady(Exception):
    """The stack did not become ready in time; `waiting` says what was missing."""

    def __init__(self, waiting: str) -> None:
        self.waiting = waiting
        super().__init__(waiting)


@dataclass(frozen=True, slots=True, kw_only=True)
class StackOptions:
    """How the stack is to run. `port` 0 takes any free one; `environment` is what the parts inherit."""

    folder: Folder
    host: str
    port: int
    environment: Mapping[str, str]
    start_timeout: float
    policy: RestartPolicy


@dataclass(frozen=True, slots=True)
class Own:
    """Which parts the user runs elsewhere, by the environment variables that say so."""

    database: str
    kafka: str
    models: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Own:
        def first(*names: str) -> str:
            return next((environment[name] for name in names if environment.get(name)), "")

        return cls(
            database=first("STORYREEL_DATABASE_URL", "DATABASE_URL"),
            kafka=first("STORYREEL_KAFKA_BOOTSTRAP_SERVERS", "KAFKA_BOOTSTRAP_SERVERS"),
            models=first("STORYREEL_MODEL_ADDRESS"),
        )


class Stack:
    """Runs in the calling thread, which must be the main one: the kernel ties the parts' lives to it."""

    def __init__(self, options: StackOptions, wakeups: Wakeups, keeper: Keeper) -> None:
        self._options = options
        self._wakeups = wakeups
        self._folder = options.folder
        self._own = Own.of(options.environment)
        self._supervisor = Supervisor(wakeups, keeper, changed=self._write)
        self._ports: dict[str, int] = {}
        self._port = options.port or free_port(options.host)
        self._started_at = datetime.now(UTC).isoformat()
        self._ready = False
        self._database = self._own.database
        self._kafka = self._own.kafka
        self._grpc = options.environment.get("STORYREEL_GATEWAY_GRPC_LISTEN", "")

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self._options.host, self._options.host)  # noqa: S104 -- compared
        return f"http://{host}:{self._port}"

    def start(self) -> bool:
        """Start everything; True once a story can be made, False when told to stop before.

        Raises PortTaken, PartFailed, and NotReady when it takes longer than the options allow.
        """
        check_port(self._options.host, self._port)
        self._folder.end_leftovers()
        self._write()
        environment = self._environment()
        # The model service imports for longest: it goes first, and the servers below come up beside it.
        if not self._own.models:
            port = self._pick("models")
            environment |= {"STORYREEL_MODEL_LISTEN": f"127.0.0.1:{port}", "STORYREEL_MODEL_ADDRESS": f"127.0.0.1:{port}"}
            self._supervisor.start(self._service("models", "services.model_service", environment))
        self._start_broker()
        self._start_postgres()
        environment |= {"DATABASE_URL": self._database, "KAFKA_BOOTSTRAP_SERVERS": self._kafka}
        self._supervisor.start(self._service("worker", "services.story_worker", environment))
        self._ports["gateway"] = self._port
        # gRPC stays on this machine, wherever REST listens: it has no mode yet for who is not trusted.
        self._grpc = self._grpc or f"127.0.0.1:{self._pick('grpc')}"
        environment |= {
            "STORYREEL_GATEWAY_HOST": self._options.host,
            "STORYREEL_GATEWAY_PORT": str(self._port),
            "STORYREEL_GATEWAY_GRPC_LISTEN": self._grpc,
        }
        self._supervisor.start(self._service("gateway", "services.gateway", environment))
        return self._await_ready()

    def run(self) -> None:
        """Keep everything running until the process is told to stop. Raises PartFailed when a part keeps dying."""
        renewal = self._renewal()

        def never() -> bool:
            if renewal:
                renewal.look()
            return False

        self._supervisor.watch(self._options.policy, never)

    def stop(self) -> None:
        """End everything in order."""
        try:
            self._supervisor.stop(STOP_ORDER)
        finally:
            self._folder.forget()

    # -- parts -----------------------------------------------------------------------------------------------------------------

    def _start_postgres(self) -> None:
        if self._own.database:
            return
        server = EmbeddedPostgres(self._folder.postgres, port=self._pick("postgres"))
        part = Inner("postgres", server, log=self._folder.postgres / "postgres.log", orderly=True)
        self._supervisor.start(part)
        self._database = part.address

    def _start_broker(self) -> None:
        if self._own.kafka:
            return
        server = EmbeddedBroker(self._folder.logs, port=self._pick("broker"))
        # It keeps nothing, and takes 5 s over an orderly end with clients connected.
        part = Inner("broker", server, log=self._folder.log("broker"), orderly=False)
        self._supervisor.start(part)
        self._kafka = part.address

    def _renewal(self) -> Renewal | None:
        if self._own.kafka:
            return None
        settings = BrokerSettings(kafka_bootstrap_servers=self._kafka)
        return Renewal(settings, lambda why: self._supervisor.restart("broker", why))

    def _service(self, name: str, module: str, environment: Mapping[str, str]) -> Part:
        # -P: the folder that the user happens to stand in must not shadow our modules.
        argv = [sys.executable, "-P", "-m", module]
        return Command(name, argv, env=environment, log=self._folder.log(name), grace=_GRACE[name])

    def _environment(self) -> dict[str, str]:
        ours = {
            "STORYREEL_READY_REQUIRES": "database,broker,models,workers",
            "STORYREEL_MEDIA_URL": self._folder.media.as_uri(),
            "PYTHONUNBUFFERED": "1",
        }
        if not self._own.kafka:
            # The embedded broker does not wake a waiting fetch; a short wait costs little on one machine. It goes through
            # the partitions of a fetch one by one, and one worker needs no second.
            ours |= {
                "STORYREEL_KAFKA_FETCH_MAX_WAIT_MS": "5",
                "STORYREEL_KAFKA_PARTITIONS": "1",
                "STORYREEL_KAFKA_SESSION_TIMEOUT_MS": "6000",
            }
        self._folder.media.mkdir(parents=True, exist_ok=True)
        return ours | dict(self._options.environment)

    def _pick(self, name: str) -> int:
        self._ports[name] = free_port("127.0.0.1", taken=self._ports.values())
        return self._ports[name]

    # -- state -----------------------------------------------------------------------------------------------------------------

    def _await_ready(self) -> bool:
        deadline = time.monotonic() + self._options.start_timeout
        waiting = "gateway"

        def ready() -> bool:
            nonlocal waiting
            waiting = probe(self._options.host, self._port)
            if waiting and time.monotonic() > deadline:
                raise NotReady(waiting)
            return not waiting

        self._ready = self._supervisor.watch(STARTING, ready, every=0.05)
        self._write()
        return self._ready

    def _write(self) -> None:
        parts = {}
        for part in self._supervisor.parts:
            parts[part.name] = PartState(
                pid=part.pid,
                created=created(part.pid),
                port=self._ports.get(part.name),
                log=str(part.log),
                restarts=self._supervisor.restarts(part.name),
            )
        state = StackState(
            pid=os.getpid(),
            created=created(os.getpid()) or 0.0,
            url=self.url,
            data=str(self._folder.root),
            ready=self._ready,
            started_at=self._started_at,
            database_url=self._database,
            kafka_bootstrap_servers=self._kafka,
            grpc=self._grpc,
            parts=parts,
        )
        self._folder.write(state)


def probe(host: str, port: int, seconds: float = 2.0) -> str:
    """Ask the gateway whether a story can be made: empty when it can, else what it waits for."""
    connection = http.client.HTTPConnection(host, port, timeout=seconds)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read(10_000).decode(errors="replace")
    except (OSError, http.client.HTTPException):
        return "gateway"
    finally:
        connection.close()
    if answer.status == 200:
        return ""
    with contextlib.suppress(ValueError, KeyError, TypeError):
        told = json.loads(body)
        failing = {name: part["problem"] for name, part in told["parts"].items() if part["required"] and part["problem"]}
        return "; ".join(f"{name}: {problem}" for name, problem in failing.items()) or "gateway"
    return body.strip() or f"status {answer.status}"


def check_port(host: str, port: int) -> None:
    """Raises PortTaken when another program listens there, and OSError when this machine has no such address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(f"{host}:{port}") from None
            raise


def free_port(host: str, taken: Collection[int] = ()) -> int:
    """A port that nothing listens on now, other than those already given out."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family) as trial:
            trial.bind((host, 0))
            port = int(trial.getsockname()[1])
        if port not in taken:
            return port


@contextlib.contextmanager
def logging_to(folder: Folder) -> Iterator[None]:
    """The supervisor's own log, in `logs/stack.log`."""
    path = folder.log("stack")
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("services.cli.embedded")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        handler.close()
