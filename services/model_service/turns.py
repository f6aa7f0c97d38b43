"""A lock that is handed over fairly: round robin over the tenants that wait, first come first served within one."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_CHECK_EVERY = 0.1
"""Seconds between two looks at whether anybody still wants what is waited for."""


class Turns:
    """Whose turn it is. A thread that has it must not ask again before it has given it up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._waiting: OrderedDict[str, deque[threading.Event]] = OrderedDict()

    @contextmanager
    def turn(self, tenant: str, check: Callable[[], None], changed: Callable[[int], None] = lambda _: None) -> Iterator[None]:
        """Wait for the turn and have it. `check` is called now and then while waiting; what it raises ends the wait.

        `changed` is told how many wait whenever that changes, by one thread at a time.
        """
        self._acquire(tenant, check, changed)
        try:
            yield
        finally:
            self._release(changed)

    @property
    def waiting(self) -> int:
        """How many wait."""
        with self._lock:
            return self._count()

    def _acquire(self, tenant: str, check: Callable[[], None], changed: Callable[[int], None]) -> None:
        me = threading.get_ident()
        with self._lock:
            if self._holder == me:
                raise RuntimeError("this thread has the turn already")
            if self._holder is None:
                self._holder = me
                return
            granted = threading.Event()
            self._waiting.setdefault(tenant, deque()).append(granted)
            changed(self._count())
        try:
            while not granted.wait(_CHECK_EVERY):
                check()
        except BaseException:
            self._leave(tenant, granted, changed)
            raise
        with self._lock:
            self._holder = me

    def _leave(self, tenant: str, granted: threading.Event, changed: Callable[[int], None]) -> None:
        with self._lock:
            if not granted.is_set():
                queue = self._waiting[tenant]
                queue.remove(granted)
                if not queue:
                    del self._waiting[tenant]
                changed(self._count())
                return
        self._release(changed)  # the turn came in the moment of leaving

    def _release(self, changed: Callable[[int], None]) -> None:
        with self._lock:
            if not self._waiting:
                self._holder = None
                return
            tenant, queue = self._waiting.popitem(last=False)
            granted = queue.popleft()
            if queue:
                self._waiting[tenant] = queue  # behind the other tenants
            self._holder = 0  # nobody's thread, until the next one has woken
            granted.set()
            changed(self._count())

    def _count(self) -> int:
        return sum(len(queue) for queue in self._waiting.values())
