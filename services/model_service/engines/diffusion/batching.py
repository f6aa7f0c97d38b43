"""Requests of many callers answered by one call: whoever comes first leads, and the others join until the device is free.

A caller's thread waits in `submit`. The first of a kind leads: it waits a moment for others, then for the device, and only then
closes the batch, so that batches grow by themselves while the device is busy. The next in line leads the next batch at once. One
that leaves is taken out; when it led, the next one leads. Where the last batch was one caller's alone and nobody else is here, the
moment is spared.
"""

import threading
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from time import monotonic
from typing import Generic, Protocol, TypeVar

from services.core.errors import Cancelled

T = TypeVar("T")
R = TypeVar("R")
D = TypeVar("D")

_CHECK_EVERY = 0.1
"""Seconds between two looks at whether anybody still wants what is waited for."""


class Watcher(Protocol):
    """What of a `Job` a batch needs: its methods raise Cancelled when nobody waits any more."""

    @property
    def tenant(self) -> str: ...

    def progress(self, fraction: float, stage: str = "") -> None: ...

    def check(self) -> None: ...


class Unwatched:
    """Nobody watches, and nobody leaves: for what an engine makes to warm up."""

    tenant = ""

    def progress(self, fraction: float, stage: str = "") -> None:
        """Nobody is told."""

    def check(self) -> None:
        """Nobody leaves."""


class Member(Generic[T, R]):
    """One caller of a batch: `item` is what it asks. Answered once, by `give` or `fail`."""

    def __init__(self, item: T, job: Watcher) -> None:
        self.item = item
        self.job = job
        self.left = False
        self.leads = False
        self.woken = threading.Event()
        self.asked = monotonic()
        self._fraction = 0.0
        self._answer: tuple[R] | None = None
        self._error: BaseException | None = None

    @property
    def answered(self) -> bool:
        return self._answer is not None or self._error is not None

    @property
    def waits(self) -> bool:
        """Whether it still wants an answer."""
        return not (self.left or self.answered)

    def report(self, fraction: float, stage: str) -> None:
        """Tell its caller how far it is, never less than before; notices whether the caller has left."""
        if self.left:
            return
        self._fraction = max(self._fraction, fraction)
        try:
            self.job.progress(self._fraction, stage)
        except Cancelled:
            self.left = True

    def give(self, answer: R) -> None:
        if not self.answered:
            self._answer = (answer,)
            self.woken.set()

    def fail(self, error: BaseException) -> None:
        if not self.answered:
            self._error = error
            self.woken.set()

    def outcome(self) -> R:
        """The answer; raises the error it was failed with, and Cancelled when it left without either."""
        if self._error is not None:
            raise self._error
        if self._answer is None:
            raise Cancelled("CANCELLED")
        return self._answer[0]


@dataclass(slots=True)
class _Group(Generic[T, R]):
    """Those of one kind that wait; the first of them leads."""

    members: list[Member[T, R]] = field(default_factory=list)
    full: threading.Event = field(default_factory=threading.Event)


class Batcher(Generic[T, R, D]):
    """Batches of at most `most` items of equal kind, gathered for `window` seconds.

    `device(job)` is a context that waits for the device on behalf of the job that leads, and gives what `work` needs of it.
    `work` answers the members of a batch; it may leave unanswered those that have left.
    """

    def __init__(
        self,
        device: Callable[[Watcher], AbstractContextManager[D]],
        work: Callable[[D, Sequence[Member[T, R]]], None],
        *,
        most: int,
        window: float,
        waiting: Callable[[int], None] = lambda _: None,
        waited: Callable[[float], None] = lambda _: None,
    ) -> None:
        """`waiting` is told how many wait, whenever that changes; `waited`, for how long each of a batch did."""
        self._waiting = waiting
        self._waited = waited
        self._count = 0
        self._device = device
        self._work = work
        self._most = most
        self._window = window if most > 1 else 0.0
        self._lock = threading.Lock()
        self._groups: dict[Hashable, _Group[T, R]] = {}
        self._here = 0
        self._alone = False

    def submit(self, kind: Hashable, item: T, job: Watcher) -> R:
        """The answer to `item`, made together with others of its `kind`. Raises what `work` failed it with, and Cancelled."""
        member: Member[T, R] = Member(item, job)
        group = self._join(kind, member)
        try:
            while not member.answered:
                if member.leads:
                    self._lead(kind, group, member)
                    break
                if not member.woken.wait(_CHECK_EVERY):
                    job.check()
        except BaseException:
            self._leave(kind, member)
            raise
        finally:
            with self._lock:
                self._here -= 1
        return member.outcome()

    def _join(self, kind: Hashable, member: Member[T, R]) -> _Group[T, R]:
        with self._lock:
            self._here += 1
            self._changed(1)
            group = self._groups.setdefault(kind, _Group())
            group.members.append(member)
            group.members[0].leads = True
            if len(group.members) >= self._most:
                group.full.set()
            return group

    def _lead(self, kind: Hashable, group: _Group[T, R], leader: Member[T, R]) -> None:
        until = monotonic() + (0.0 if self._alone and self._here == 1 else self._window)
        while (remaining := until - monotonic()) > 0 and not group.full.wait(min(remaining, _CHECK_EVERY)):
            leader.job.check()
        with self._device(leader.job) as device:
            members = self._close(kind, group)
            try:
                self._work(device, members)
            except BaseException as error:
                for member in members:
                    member.fail(error)
                raise
            finally:
                del device  # whoever has it next may need its room

    def _close(self, kind: Hashable, group: _Group[T, R]) -> list[Member[T, R]]:
        """Take the batch; who comes after it leads the next one."""
        with self._lock:
            taken, group.members = group.members[: self._most], group.members[self._most :]
            self._alone = len(taken) == 1
            self._changed(-len(taken))
            for member in taken:
                self._waited(monotonic() - member.asked)
            if len(group.members) < self._most:
                group.full.clear()
            self._promote(kind, group)
            return taken

    def _leave(self, kind: Hashable, member: Member[T, R]) -> None:
        member.left = True
        with self._lock:
            group = self._groups.get(kind)
            if group is not None and member in group.members:
                group.members.remove(member)
                self._changed(-1)
                self._promote(kind, group)

    def _changed(self, by: int) -> None:
        self._count += by
        self._waiting(self._count)

    def _promote(self, kind: Hashable, group: _Group[T, R]) -> None:
        if group.members:
            group.members[0].leads = True
            group.members[0].woken.set()
        else:
            self._groups.pop(kind, None)
