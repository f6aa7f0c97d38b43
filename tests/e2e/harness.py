"""A whole Storyreel for a test, started as its users start it, and a client that waits for what it asks."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import httpx2

from services.cli.client import Event, Gateway
from services.cli.embedded.folder import Folder, StackState
from services.cli.texts import Words

Json = dict[str, Any]

BLANK = {f"STORYREEL_{service}_ENGINE": "blank" for service in ("STORYBOARD", "KEYFRAME", "CLIP", "SPEECH", "FILM")}
"""Engines that answer at once: for tests of everything but the pictures."""


def environment(overrides: Mapping[str, str]) -> dict[str, str]:
    """The caller's environment without its settings of Storyreel, and with these."""
    own = {"DATABASE_URL", "KAFKA_BOOTSTRAP_SERVERS"}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("STORYREEL_") and name not in own}
    return inherited | {"STORYREEL_LANG": "en"} | dict(overrides)


class StackDied(Exception):
    """`storyreel up` ended before it was ready; carries its exit code and what it said."""

    def __init__(self, code: int, said: str) -> None:
        self.code = code
        self.said = said
        super().__init__(f"storyreel up ended with {code}: {said}")


@dataclass
class RunningStack:
    """A running `storyreel up`."""

    process: subprocess.Popen[bytes]
    folder: Folder
    url: str
    seconds: float
    said: IO[bytes]

    @property
    def state(self) -> StackState:
        """What `stack.json` says now."""
        state = self.folder.state()
        assert state is not None, "the stack has no stack.json"
        return state

    def pid(self, part: str) -> int:
        """The process of postgres, broker, models, worker or gateway as it is now."""
        pid = self.state.parts[part].pid
        assert pid is not None, f"{part} has not started"
        return pid

    def restarts(self, part: str) -> int:
        return self.state.parts[part].restarts

    def signal(self, part: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal to a part (SIGKILL, or SIGSTOP and SIGCONT to hang it for a while); its process."""
        pid = self.pid(part)
        os.kill(pid, number)
        return pid

    def log(self, part: str) -> str:
        """All that a part has logged."""
        return Path(self.state.parts[part].log).read_text(encoding="utf-8", errors="replace")

    def logged(self, part: str, event: str) -> list[Json]:
        """The lines of a part's log that say `event`."""
        lines = (json.loads(line) for line in self.log(part).splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def client(self) -> "Client":
        """A client of a user of its own."""
        return Client(self.url)

    def stop(self, seconds: float = 90.0) -> int:
        """Stop it as Ctrl-C does; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(seconds)


@contextlib.contextmanager
def running_stack(folder: Path, overrides: Mapping[str, str] | None = None, *, port: int = 0) -> Iterator[RunningStack]:
    """Start a stack on a folder and stop it afterwards. Raises StackDied when it does not become ready."""
    command = [sys.executable, "-m", "services.cli.main", "up", "--data", str(folder), "--port", str(port), "-o", "json"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, env=environment(overrides or {}), start_new_session=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if not line:
                code = process.wait()
                said.seek(0)
                raise StackDied(code, said.read().decode(errors="replace"))
            ready = json.loads(line)
            yield RunningStack(process, Folder(folder), ready["url"], ready["seconds"], said)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(90)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdout:
                process.stdout.close()


class Client(Gateway):
    """One user of a stack. `http` is for requests that the command line never makes."""

    def __init__(self, url: str) -> None:
        self.user = uuid4()
        super().__init__(url, self.user, Words("en"))
        self.http = httpx2.Client(base_url=url, headers={"X-User-ID": str(self.user)}, timeout=60.0)

    def __exit__(self, *_: object) -> None:
        self.http.close()
        super().__exit__()

    def ended(self, operation: str) -> Json:
        """The operation once it has ended, however it did."""
        for _ in self.follow(operation):
            pass
        return self.operation(operation)

    def succeeded(self, operation: str) -> Json:
        """The operation once it has succeeded."""
        ended = self.ended(operation)
        assert ended["status"] == "succeeded", ended
        return ended

    def events(self, operation: str) -> list[Event]:
        """All events of an operation, to its end."""
        return list(self.follow(operation))

    def made_story(self, text: str, **body: Any) -> Json:
        """A story once its creation has succeeded."""
        operation = self.succeeded(self.create_story({"display_name": "A test", "script_content": text, **body}))
        return self.story(operation["story_id"])

    def filmed(self, story: str) -> Json:
        """The story once its film is there."""
        self.succeeded(self.compile(story))
        return self.story(story)

    def regenerated(self, story: str, shot: str, asset_type: str) -> Json:
        """The operation by which a part of the shot got another take, once it has succeeded."""
        answer = self.http.post(f"/v1/stories/{story}/shots/{shot}/regenerate", json={"asset_type": asset_type})
        answer.raise_for_status()
        return self.succeeded(answer.json()["operation_name"].removeprefix("operations/"))


@contextlib.contextmanager
def ends(pid: int, seconds: float = 30.0) -> Iterator[None]:
    """Wait after the block until the process has ended."""
    handle = os.pidfd_open(pid)
    try:
        yield
        assert select.select([handle], [], [], seconds)[0], f"process {pid} still runs"
    finally:
        os.close(handle)
