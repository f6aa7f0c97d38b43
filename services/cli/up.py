"""`storyreel up`: the embedded stack in the foreground."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack

from services.cli.embedded.folder import AlreadyRunning, Folder, StackState
from services.cli.embedded.keeper import Keeper
from services.cli.embedded.stack import NotReady, PortTaken, Stack, StackOptions, logging_to
from services.cli.embedded.supervisor import PartFailed, RestartPolicy
from services.cli.embedded.wakeups import wakeups
from services.cli.errors import CommandError, Exit
from services.cli.output import Output
from services.cli.settings import CliSettings
from services.cli.texts import Words


def up(settings: CliSettings, out: Output) -> None:
    """Run the stack until the process is told to stop; raises CommandError when it cannot run."""
    words = out.words
    folder = Folder(settings.data.expanduser().absolute())
    options = StackOptions(
        folder=folder,
        host=settings.host,
        port=settings.port,
        environment=os.environ,
        start_timeout=settings.start_timeout_seconds,
        policy=RestartPolicy(limit=settings.restart_limit, window=settings.restart_window_seconds),
    )
    with _explained(words, options), ExitStack() as held:
        held.enter_context(folder.locked())
        held.enter_context(logging_to(folder))
        told = held.enter_context(wakeups())
        keeper = Keeper()
        held.callback(keeper.close)
        began = time.monotonic()
        stack = Stack(options, told, keeper)
        held.callback(out.note, words("stopped"))
        held.callback(stack.stop)
        out.note(words("starting", data=folder.root))
        if stack.start():
            _announce(out, folder.running(), time.monotonic() - began)
            stack.run()
        out.note(words("stopping"))


def _announce(out: Output, state: StackState | None, seconds: float) -> None:
    if state is None:
        return
    words = out.words
    docs = f"{state.url}/docs"
    if out.json:
        told = {"url": state.url, "docs": docs, "grpc": state.grpc, "data": state.data, "pid": state.pid}
        out.line(told | {"seconds": round(seconds, 2)})
        return
    out.note(words("ready", seconds=seconds))
    places = {"url": state.url, "docs": docs, "grpc": state.grpc, "data": state.data, "logs": f"{state.data}/logs"}
    out.facts({words(name): place for name, place in places.items()})
    out.note(words("how_to_stop"))


@contextlib.contextmanager
def _explained(words: Words, options: StackOptions) -> Iterator[None]:
    """Word what can go wrong for the user."""
    data = str(options.folder.root)
    try:
        yield
    except AlreadyRunning as error:
        state = error.state
        text = words("already_running", data=data, pid=state.pid, url=state.url) if state else words("being_started", data=data)
        raise CommandError(Exit.UNREACHABLE, text, reason="ALREADY_RUNNING") from error
    except PortTaken as error:
        text = words("port_taken", host=options.host, port=options.port)
        raise CommandError(Exit.UNREACHABLE, text, reason="PORT_TAKEN") from error
    except PartFailed as error:
        text = words("part_failed", part=words(f"part_{error.name}"), problem=error.problem, log=error.log, tail=error.tail)
        raise CommandError(Exit.UNREACHABLE, text, reason="PART_FAILED") from error
    except NotReady as error:
        text = words("not_ready_in_time", seconds=options.start_timeout, waiting=error.waiting, logs=options.folder.logs)
        raise CommandError(Exit.UNREACHABLE, text, reason="NOT_READY") from error
    except PermissionError as error:
        text = words("folder_unusable", data=data, problem=error.strerror or error)
        raise CommandError(Exit.UNREACHABLE, text, reason="FOLDER_UNUSABLE") from error
    except OSError as error:
        text = words("bad_host", host=options.host, port=options.port, problem=error.strerror or error)
        raise CommandError(Exit.UNREACHABLE, text, reason="CANNOT_LISTEN") from error
