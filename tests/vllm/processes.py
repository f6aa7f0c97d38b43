"""A server that a test starts by its path and ends by its process, with all that it started."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import httpx2

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 600.0
"""A start takes half a minute of CPU; a machine may be busy with others."""
_LOOK_EVERY = 0.25


class Process:
    """A running server. What it says is in `log`."""

    def __init__(self, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._process = process
        self._started = time.monotonic()
        self.log = log

    @classmethod
    @contextlib.contextmanager
    def running(cls, command: Sequence[object], environment: Mapping[str, str], log: Path) -> Iterator[Self]:
        """Start it in the repository's folder, in a session of its own, and end it after the block."""
        with log.open("wb") as said:
            process = subprocess.Popen(
                [str(part) for part in command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                start_new_session=True,
            )
        try:
            yield cls(process, log)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    @property
    def pid(self) -> int:
        return self._process.pid

    def await_answer(self, url: str) -> None:
        """Returns when `url` answers with success."""
        while not _answers(url):
            self._wait(f"{url} does not answer")

    def await_record(self, event: str) -> dict[str, Any]:
        """The first log record of that event."""
        while True:
            for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
                if f'"{event}"' in line and line.startswith("{"):
                    record: dict[str, Any] = json.loads(line)
                    if record["event"] == event:
                        return record
            self._wait(f"it has not logged '{event}'")

    def await_said(self, words: str) -> None:
        """Returns when it has said that."""
        while words not in self.log.read_text(encoding="utf-8", errors="replace"):
            self._wait(f"it has not said '{words}'")

    def _wait(self, missing: str) -> None:
        """Let a little time pass. Fails when the process has ended, or has had time enough."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self._process.wait(_LOOK_EVERY)
            raise AssertionError(f"it ended with {code}; it said:\n{self.tail()}")
        if time.monotonic() - self._started > START_SECONDS:
            raise AssertionError(f"{missing} within {START_SECONDS} s; it said:\n{self.tail()}")

    def tail(self, lines: int = 60) -> str:
        """The end of what it said."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, timeout=2.0).is_success
    except httpx2.TransportError:
        return False
