"""Starts parts, starts them again when they die, and ends them in order: one loop, one thread, woken by signals."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Part, tail
from services.cli.embedded.processes import suspended
from services.cli.embedded.wakeups import Wakeups
from services.core.errors import StoryreelError

_log = logging.getLogger(__name__)

_START_ERRORS = (OSError, RuntimeError, StoryreelError)

TICK = 0.5
"""Seconds between two looks at parts whose end sends no signal."""


@dataclass(frozen=True, slots=True)
class RestartPolicy:
    """How patient the supervisor is. A part that dies `limit` times within `window` seconds ends the whole stack.

    One that stands still for `still` seconds (SIGSTOP, and nobody who continues it) is killed and started again: it holds its
    port, its connections and its share of the messages, and serves none of them.
    """

    limit: int = 10
    window: float = 60.0
    first_delay: float = 0.1
    longest_delay: float = 5.0
    still: float = 30.0

    def delay(self, deaths: int) -> float:
        """Seconds before the start that follows the n-th recent death: doubling."""
        return float(min(self.first_delay * 2 ** (deaths - 1), self.longest_delay))


class PartFailed(Exception):
    """A part does not stay up. Carries its name, how it ended last, and the end of its log."""

    def __init__(self, part: Part, problem: str) -> None:
        self.name = part.name
        self.problem = problem.partition("\n")[0]  # some carry the log's end, which follows here
        self.log = part.log
        self.tail = tail(part.log)
        super().__init__(f"{part.name}: {problem}")


@dataclass(slots=True)
class _Watched:
    part: Part
    group: int | None = None
    restarts: int = 0
    deaths: deque[float] = field(default_factory=deque)
    due: float | None = None
    """When to start it again; None while it runs."""
    still_since: float | None = None


class Supervisor:
    """Owns the parts given to `start` until `stop`. `changed` is called whenever a part has started or died."""

    def __init__(self, wakeups: Wakeups, keeper: Keeper, *, changed: Callable[[], None]) -> None:
        self._wakeups = wakeups
        self._keeper = keeper
        self._changed = changed
        self._watched: dict[str, _Watched] = {}

    @property
    def parts(self) -> Sequence[Part]:
        return [watched.part for watched in self._watched.values()]

    def restarts(self, name: str) -> int:
        return self._watched[name].restarts

    def start(self, part: Part) -> None:
        """Start a part and watch it from now on. Raises PartFailed when it cannot be started at all."""
        watched = self._watched.setdefault(part.name, _Watched(part))
        try:
            part.start()
        except _START_ERRORS as error:
            raise PartFailed(part, str(error)) from error
        self._began(watched)

    def restart(self, name: str, why: str) -> None:
        """End a part at once; `watch` starts it again. No death is counted. Nothing happens while it is dead anyway."""
        watched = self._watched[name]
        if watched.due is not None:
            return
        _log.info("%s is started anew: %s", name, why)
        watched.part.kill()
        self._ended(watched)
        watched.still_since = None
        watched.due = time.monotonic()
        self._changed()

    def watch(self, policy: RestartPolicy, until: Callable[[], bool] | None = None, every: float = TICK) -> bool:
        """Keep the parts running until `until` says so (True) or the process is told to stop (False).

        `until` is asked every `every` seconds. Raises PartFailed when a part keeps dying.
        """
        while not self._wakeups.stops:
            now = time.monotonic()
            for watched in self._watched.values():
                self._look(watched, policy, now)
            if until and until():
                return True
            due = [w.due - now for w in self._watched.values() if w.due is not None]
            self._wakeups.wait(min([every, *due]))
        return False

    def stop(self, order: Sequence[str]) -> None:
        """End the parts in this order, each within its grace; told to stop once more, kill what is left at once."""
        impatient = self._wakeups.stops + 1
        for name in order:
            watched = self._watched.get(name)
            if watched is None:
                continue
            part = watched.part
            began = time.monotonic()
            if part.running() and self._wakeups.stops < impatient:
                part.ask_to_stop()
                while part.running() and self._wakeups.stops < impatient and time.monotonic() < began + part.grace:
                    self._wakeups.wait(min(TICK, part.grace))
            outlasted = part.running() and part.grace > 0
            part.kill()
            self._ended(watched)
            _log.info("%s stopped after %.1f s%s", name, time.monotonic() - began, ", by force" if outlasted else "")

    def _look(self, watched: _Watched, policy: RestartPolicy, now: float) -> None:
        if watched.due is None and not watched.part.running():
            self._died(watched, policy, now, watched.part.ending())
        elif watched.due is None and self._stands_still(watched, policy, now):
            self._died(watched, policy, now, f"it stood still for {policy.still:.0f} s")
        if watched.due is not None and now >= watched.due:
            try:
                watched.part.start()
            except _START_ERRORS as error:
                self._died(watched, policy, time.monotonic(), str(error))
                return
            watched.due = None
            watched.restarts += 1
            self._began(watched)

    def _stands_still(self, watched: _Watched, policy: RestartPolicy, now: float) -> bool:
        if not suspended(watched.part.pid):
            watched.still_since = None
            return False
        if watched.still_since is None:
            watched.still_since = now
        return now - watched.still_since >= policy.still

    def _died(self, watched: _Watched, policy: RestartPolicy, now: float, problem: str) -> None:
        watched.part.kill()  # its children must not outlive it, nor hold its port
        self._ended(watched)
        watched.still_since = None
        watched.deaths.append(now)
        while watched.deaths[0] < now - policy.window:
            watched.deaths.popleft()
        if len(watched.deaths) >= policy.limit:
            raise PartFailed(watched.part, problem)
        delay = policy.delay(len(watched.deaths))
        watched.due = now + delay
        _log.warning("%s died (%s); it is started again in %.1f s", watched.part.name, problem, delay)
        self._changed()

    def _began(self, watched: _Watched) -> None:
        pid = watched.part.pid
        _log.info("%s runs as process %s", watched.part.name, pid)
        with contextlib.suppress(ProcessLookupError):  # it may have died since
            if pid is not None and os.getpgid(pid) == pid:
                watched.group = pid
                self._keeper.keep(pid)
        self._changed()

    def _ended(self, watched: _Watched) -> None:
        if watched.group is not None:
            self._keeper.forget(watched.group)
            watched.group = None
