"""The embedded stack's data folder: who runs on it, and where everything of it lies."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from services.cli.embedded.processes import alive, same


@dataclass(frozen=True, slots=True)
class PartState:
    """One part as `stack.json` shows it. `created` is the process's start time, so that a reused pid is not taken for it."""

    pid: int | None
    created: float | None
    port: int | None
    log: str
    restarts: int = 0


@dataclass(frozen=True, slots=True)
class StackState:
    """The content of `stack.json`. `url` and `grpc` are the gateway's; `ready` says whether a story can be made."""

    pid: int
    created: float
    url: str
    data: str
    ready: bool
    started_at: str
    database_url: str = ""
    kafka_bootstrap_servers: str = ""
    grpc: str = ""
    parts: dict[str, PartState] = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether the supervisor that wrote it still runs."""
        return same(self.pid, self.created)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        parts = {name: PartState(**part) for name, part in data.pop("parts").items()}
        return cls(**data, parts=parts)


class AlreadyRunning(Exception):
    """Another supervisor holds the folder; `state` is what it says of itself, if it has come so far."""

    def __init__(self, state: StackState | None) -> None:
        self.state = state
        super().__init__("another stack runs on this folder")


@dataclass(frozen=True, slots=True)
class Folder:
    root: Path

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def media(self) -> Path:
        return self.root / "media"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder; the kernel lets go of it however this process ends. Raises AlreadyRunning."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / "lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunning(self.state()) from None
            yield

    def state(self) -> StackState | None:
        """What the supervisor wrote last; None when there is nothing readable."""
        try:
            return StackState.from_json(json.loads(self._state_file.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return None

    def running(self) -> StackState | None:
        """The state of the stack that runs on this folder now, ready or not."""
        state = self.state()
        return state if state and state.running else None

    def write(self, state: StackState) -> None:
        """Replace `stack.json` whole; only the owner may read it, for it holds the database's address."""
        written = self._state_file.with_suffix(".json.new")
        written.touch(mode=0o600)
        written.write_text(json.dumps(asdict(state), indent=2), encoding="utf-8")
        written.replace(self._state_file)

    def forget(self) -> None:
        self._state_file.unlink(missing_ok=True)

    def end_leftovers(self, seconds: float = 10.0) -> None:
        """End what a killed supervisor left running. Call it with the folder locked."""
        state = self.state()
        if state is None:
            return
        left = [part.pid for part in state.parts.values() if part.pid is not None and same(part.pid, part.created)]
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + seconds
        while any(alive(pid) for pid in left) and time.monotonic() < deadline:
            time.sleep(0.02)

    def user_id(self) -> uuid.UUID:
        """Who this folder's user is to the gateway: made once, then the same for ever."""
        path = self.root / "user_id"
        with contextlib.suppress(FileNotFoundError, ValueError):
            return uuid.UUID(path.read_text(encoding="ascii").strip())
        self.root.mkdir(parents=True, exist_ok=True)
        made = uuid.uuid4()
        path.write_text(f"{made}\n", encoding="ascii")
        return made

    @property
    def _state_file(self) -> Path:
        return self.root / "stack.json"
