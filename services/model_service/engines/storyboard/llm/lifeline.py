"""Ends child processes when this one has died, however it died.

vLLM's engine does not notice that its owner was killed: it would keep the memory of its GPU until somebody looks. Asking the
kernel to tell it (PR_SET_PDEATHSIG) is out: that signal comes when the thread ends that started the child.
"""

import subprocess
import sys
from collections.abc import Iterable

# Handles, and not numbers, so that a number given out again hits nobody else.
_WATCH = """
import os, signal, sys
handles = [os.pidfd_open(int(pid)) for pid in sys.argv[1:]]
print(flush=True)
sys.stdin.read()
for handle in handles:
    try:
        signal.pidfd_send_signal(handle, signal.SIGKILL)
    except ProcessLookupError:
        pass
"""


class Lifeline:
    """A small process at the other end of a pipe. The kernel closes the pipe with this process; then it kills `pids`. Linux."""

    def __init__(self, pids: Iterable[int]) -> None:
        """Returns once it watches."""
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _WATCH, *map(str, pids)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # Ctrl-C goes to a whole session, and the watcher is to outlive it.
            start_new_session=True,
        )
        if self._watcher.stdout:
            self._watcher.stdout.readline()

    def cut(self) -> None:
        """Kill them now. Returns when that is done."""
        self._watcher.communicate()
