"""Processes: children that never outlive the process that started them.

`die_with_parent` asks the kernel to kill the child when its parent ends in whatever way, ``kill -9`` included.
"""

from __future__ import annotations

import ctypes
import functools
import os
import signal
import sys
from collections.abc import Callable

import psutil

_PR_SET_PDEATHSIG = 1


@functools.cache
def _prctl() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = ctypes.CDLL(None, use_errno=True).prctl
    function.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    function.restype = ctypes.c_int
    return function


def die_with_parent(death_signal: signal.Signals = signal.SIGKILL) -> Callable[[], None]:
    """A `preexec_fn` for `subprocess.Popen`: the child gets `death_signal` when this process ends.

    The kernel sends it when the *thread* that forked ends, so start such children from the main thread (or from one
    that lives as long as the process). Elsewhere than on Linux the function does nothing. It is not inherited by the
    child's own children, nor kept across the exec of a set-user-ID program.
    """
    prctl = _prctl()  # looked up before the fork: the child should do as little as it can before its exec
    parent = os.getpid()

    def tie() -> None:
        if prctl is None:
            return
        prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != parent:  # the parent ended between the fork and the call: no signal will come any more
            os._exit(128 + int(death_signal))

    return tie


def alive(pid: int | None) -> bool:
    """Whether there is such a process, and it has not ended unreaped."""
    if pid is None:
        return False
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def suspended(pid: int | None) -> bool:
    """Whether a process stands still by SIGSTOP, until somebody sends SIGCONT. One that a debugger holds does not count."""
    try:
        return pid is not None and bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    except psutil.NoSuchProcess:
        return False


def created(pid: int | None) -> float | None:
    """When a process began, in seconds since the epoch; None when there is no such process."""
    try:
        return None if pid is None else psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return None


def same(pid: int | None, began: float | None) -> bool:
    """Whether `pid` still is the process that began then, and not a later one that got its number."""
    now = created(pid)
    return alive(pid) and now is not None and began is not None and abs(now - began) < 1.0
