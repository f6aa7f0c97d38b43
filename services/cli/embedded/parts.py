"""One part of the embedded stack: something that runs, may die, is started again, and ends with everything it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from services.cli.embedded.processes import alive, die_with_parent

KEPT_LOG_BYTES = 10_000_000


class Part(Protocol):
    """What the supervisor needs to know of a part. `grace` is how many seconds it may take to stop by itself."""

    @property
    def name(self) -> str: ...
    @property
    def log(self) -> Path: ...
    @property
    def grace(self) -> float: ...
    @property
    def pid(self) -> int | None:
        """Of its first process; None before the first start."""

    def start(self) -> None:
        """Start it, again if it died. Raises OSError, RuntimeError or StoryreelError when it does not come up."""

    def running(self) -> bool: ...

    def ending(self) -> str:
        """How it ended, in words."""

    def ask_to_stop(self) -> None:
        """Begin an orderly end; returns at once where the part allows it."""

    def kill(self) -> None:
        """End at once whatever is left of it, children included; returns when its first process is gone."""


class Command:
    """A program in a session of its own, so that its children can be ended with it. Output goes to `log`."""

    def __init__(self, name: str, argv: Sequence[str], *, env: Mapping[str, str], log: Path, grace: float) -> None:
        self.name = name
        self.log = log
        self.grace = grace
        self._argv = tuple(argv)
        self._env = dict(env)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        roll(self.log)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(),  # noqa: PLW1509 -- the supervisor has one thread
            )

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def ending(self) -> str:
        code = self._process.poll() if self._process else None
        if code is None:
            return "not ended"
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def ask_to_stop(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)  # a stopped process could not react

    def kill(self) -> None:
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Server(Protocol):
    """What the embedded Postgres and broker have in common."""

    @property
    def pid(self) -> int | None: ...
    def start(self) -> str: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class Inner:
    """An embedded server as a part. `address` is what its `start` answered: a DSN, or bootstrap servers."""

    def __init__(self, name: str, server: Server, *, log: Path, orderly: bool) -> None:
        self.name = name
        self.log = log
        self.grace = 0.0
        self.address = ""
        self._server = server
        self._orderly = orderly

    @property
    def pid(self) -> int | None:
        return self._server.pid

    def start(self) -> None:
        self.address = self._server.start()

    def running(self) -> bool:
        return alive(self._server.pid)

    def ending(self) -> str:
        return "gone"

    def ask_to_stop(self) -> None:
        if self._orderly:
            self._server.stop()

    def kill(self) -> None:
        self._server.kill()


def roll(log: Path) -> None:
    """Keep a log from growing for ever: a large one becomes the previous one."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > KEPT_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log; empty when there is none."""
    try:
        with log.open(encoding="utf-8", errors="replace") as file:
            return "".join(deque(file, lines)).rstrip()
    except FileNotFoundError:
        return ""
