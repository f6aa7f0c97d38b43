"""Signals as something that can be waited for, so that the supervisor is one plain loop without threads."""

from __future__ import annotations

import contextlib
import select
import signal
import socket
from collections.abc import Iterator
from types import FrameType
from typing import Final

STOP_SIGNALS: Final = tuple(s for s in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", None)) if s is not None)


class Wakeups:
    """What has been signalled to this process. `wait` sleeps until a signal comes; a child's end is one too (SIGCHLD)."""

    def __init__(self, receiver: socket.socket) -> None:
        self._receiver = receiver
        self._stops = 0

    @property
    def stops(self) -> int:
        """How often the process was told to stop."""
        return self._stops

    def wait(self, seconds: float) -> None:
        """Return as soon as a signal has come, or after `seconds`."""
        if select.select([self._receiver], [], [], max(seconds, 0.0))[0]:
            self._stops += sum(number in STOP_SIGNALS for number in self._receiver.recv(4096))


@contextlib.contextmanager
def wakeups() -> Iterator[Wakeups]:
    """Catch the stop signals and SIGCHLD until the block ends. For the main thread only."""
    receiver, sender = socket.socketpair()
    with receiver, sender:
        sender.setblocking(False)
        before_fd = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, _noted) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
        try:
            yield Wakeups(receiver)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(before_fd)


def _noted(number: int, frame: FrameType | None) -> None:
    """The signal's number has already been written to the socket: a handler must only be there."""
