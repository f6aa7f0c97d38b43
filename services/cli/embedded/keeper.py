"""A tiny process that outlives a killed supervisor just long enough to end what it left behind.

The kernel ends the supervisor's children (`die_with_parent`), but not *their* children: an ffmpeg of the model service, say.
The keeper reads the supervisor's process groups from a pipe, and when the pipe closes it kills those still listed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from typing import BinaryIO


class Keeper:
    """The supervisor's end of the pipe. Close it last, when every group has ended."""

    def __init__(self) -> None:
        # -I -S: neither site packages nor the user's environment; it starts in a few milliseconds and stays small.
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def keep(self, group: int) -> None:
        """End this process group if the supervisor dies."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._tell(f"-{group}\n")

    def close(self) -> None:
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        if self._process.stdin:
            with contextlib.suppress(BrokenPipeError):  # it was killed: then only the kernel's tie is left
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def keep(lines: BinaryIO) -> None:
    """Follow the groups until the pipe closes, then kill those that are left."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        (groups.add if line.startswith(b"+") else groups.discard)(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    keep(sys.stdin.buffer)
