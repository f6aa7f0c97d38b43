"""Finding a stack to talk to: a named one, the one that runs on the data folder, or one started for the command."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from uuid import UUID

from services.cli.client import Gateway
from services.cli.embedded.folder import Folder
from services.cli.embedded.processes import die_with_parent
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.settings import CliSettings
from services.cli.texts import Words

_UNHURRIED = {"STORYREEL_KAFKA_FETCH_MAX_WAIT_MS": "50"}
"""One command begins two operations: their start may wait 50 ms, and the cores are for the film instead of for polling."""
_LOOK = 0.1
_STOP_SECONDS = 90.0


def folder_of(settings: CliSettings) -> Folder:
    return Folder(settings.data.expanduser().absolute())


@contextlib.contextmanager
def gateway(settings: CliSettings, out: Output) -> Iterator[Gateway]:
    """The named gateway, or that of the stack which runs on the data folder. Raises CommandError when there is none."""
    folder = folder_of(settings)
    url = settings.url
    if not url:
        state = folder.running()
        if state is None or not state.ready:
            text = out.words("not_running", data=folder.root)
            raise CommandError(Exit.UNREACHABLE, text, reason="NOT_RUNNING")
        url = state.url
    with Gateway(url, _user(settings, folder), out.words) as client:
        yield client


@contextlib.contextmanager
def gateway_or_own_stack(settings: CliSettings, out: Output) -> Iterator[Gateway]:
    """Like `gateway`, but where nothing runs, an embedded stack runs while the block does."""
    if settings.url or folder_of(settings).running():
        _await_ready_elsewhere(settings, out)
        with gateway(settings, out) as client:
            yield client
        return
    with _own_stack(settings, out) as url, Gateway(url, _user(settings, folder_of(settings)), out.words) as client:
        yield client


def _await_ready_elsewhere(settings: CliSettings, out: Output) -> None:
    """A stack that another command is just starting is worth waiting for."""
    folder = folder_of(settings)
    for _ in range(round(settings.start_timeout_seconds / _LOOK)):
        state = folder.running()
        if settings.url or state is None or state.ready:
            return
        time.sleep(_LOOK)
    raise CommandError(Exit.UNREACHABLE, out.words("being_started", data=folder.root), reason="NOT_READY")


@contextlib.contextmanager
def _own_stack(settings: CliSettings, out: Output) -> Iterator[str]:
    """An embedded stack as a child process: its URL. It is told to stop when the block ends, however it ends."""
    folder = folder_of(settings)
    out.note(out.words("starting", data=folder.root))
    command = [sys.executable, "-P", "-m", "services.cli.main", "up", "--data", str(folder.root), "--port", "0", "-o", "json"]
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for this command, which then stops the stack in order
            preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 -- the command has one thread yet
            env=_UNHURRIED | os.environ | {"STORYREEL_LANG": out.words.language},
        )
        try:
            ready = process.stdout.readline() if process.stdout else b""  # a line once it is ready, none when it fails
            if not ready:
                process.wait()
                said.seek(0)
                raise _did_not_start(said.read(), out.words)
            yield str(json.loads(ready)["url"])
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _did_not_start(said: bytes, words: Words) -> CommandError:
    """What the stack said, passed on."""
    text = said.decode(errors="replace").strip()
    with contextlib.suppress(ValueError, LookupError, TypeError):
        told = json.loads(text.splitlines()[-1])["error"]
        return CommandError(Exit.UNREACHABLE, str(told["message"]), reason=str(told["reason"]))
    return CommandError(Exit.UNREACHABLE, words("stack_did_not_start", tail=text), reason="STACK_DID_NOT_START")


def _user(settings: CliSettings, folder: Folder) -> UUID:
    return settings.user_id or folder.user_id()
