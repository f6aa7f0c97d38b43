"""Batches gathered across callers: who leads, who joins, who leaves. The device and the work are the test's own."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from services.core.errors import Cancelled, EngineFailed
from services.model_service.engines.diffusion.batching import Batcher, Member, Watcher

PATIENCE = 20.0
FOREVER = 60.0
"""A window that only a full batch ends."""


class Watched:
    """A caller that may leave."""

    tenant = ""

    def __init__(self) -> None:
        self.gone = threading.Event()
        self.fractions: list[float] = []

    def progress(self, fraction: float, stage: str = "") -> None:
        self.check()
        self.fractions.append(fraction)

    def check(self) -> None:
        if self.gone.is_set():
            raise Cancelled("CANCELLED")


class Studio:
    """A device that may be kept busy, and work that squares numbers, batch by batch."""

    def __init__(self, *, most: int = 4, window: float = 0.0) -> None:
        self.free = threading.Event()
        self.free.set()
        self.asked = threading.Semaphore(0)
        self.batches: list[list[int]] = []
        self.during: Callable[[Sequence[Member[int, int]]], None] = lambda _: None
        self.waiting_told: list[int] = []
        self.waited: list[float] = []
        self.batcher: Batcher[int, int, str] = Batcher(
            self._device, self._work, most=most, window=window, waiting=self.waiting_told.append, waited=self.waited.append
        )
        self._one = threading.Lock()
        self._pool = ThreadPoolExecutor(16)

    def submit(self, item: int, job: Watched | None = None, kind: str = "k") -> "Future[int]":
        return self._pool.submit(self.batcher.submit, kind, item, job or Watched())

    def waiting(self, count: int, kind: str = "k") -> None:
        """Returns when so many of a kind wait."""
        moment = threading.Event()
        while len(self._members(kind)) != count:
            moment.wait(0.001)

    def _members(self, kind: str) -> list[Member[int, int]]:
        group = self.batcher._groups.get(kind)
        return list(group.members) if group else []

    @contextmanager
    def _device(self, job: Watcher) -> Iterator[str]:
        self.asked.release()
        while not self.free.wait(0.01):
            job.check()
        with self._one:
            yield "device"

    def _work(self, device: str, members: Sequence[Member[int, int]]) -> None:
        assert device == "device"
        self.batches.append([member.item for member in members])
        self.during(members)
        for member in members:
            if member.waits:
                member.give(member.item**2)


def test_callers_within_the_window_are_answered_together() -> None:
    studio = Studio(most=4, window=FOREVER)
    made = [studio.submit(item) for item in range(4)]
    assert [future.result(PATIENCE) for future in made] == [0, 1, 4, 9]
    assert [sorted(batch) for batch in studio.batches] == [[0, 1, 2, 3]]


def test_one_who_was_alone_the_last_time_waits_for_nobody() -> None:
    studio = Studio(most=2, window=0.01)
    assert studio.submit(1).result(PATIENCE) == 1
    studio.batcher._window = FOREVER
    assert studio.submit(2).result(PATIENCE) == 4
    studio.free.clear()
    made = [studio.submit(3)]
    studio.waiting(1)
    made.append(studio.submit(4))  # in company again
    studio.waiting(2)
    studio.free.set()
    assert [future.result(PATIENCE) for future in made] == [9, 16]
    assert studio.batches == [[1], [2], [3, 4]]


def test_who_comes_while_the_device_is_busy_joins_without_any_window() -> None:
    studio = Studio(most=4)
    studio.free.clear()
    made = [studio.submit(0)]
    for item in range(1, 6):
        studio.waiting(item)
        made.append(studio.submit(item))
    studio.waiting(6)
    studio.free.set()
    assert [future.result(PATIENCE) for future in made] == [0, 1, 4, 9, 16, 25]
    assert studio.batches == [[0, 1, 2, 3], [4, 5]]


def test_how_many_wait_and_how_long_is_told_of_each_and_not_of_each_batch() -> None:
    studio = Studio(most=2)
    studio.free.clear()
    leaver = Watched()
    made = [studio.submit(item) for item in range(2)]
    studio.waiting(2)
    left = studio.submit(2, leaver)
    studio.waiting(3)
    assert studio.waiting_told == [1, 2, 3]
    leaver.gone.set()
    with pytest.raises(Cancelled):
        left.result(PATIENCE)
    studio.free.set()
    assert [future.result(PATIENCE) for future in made] == [0, 1]
    assert studio.waiting_told == [1, 2, 3, 2, 0]
    assert len(studio.waited) == 2
    assert all(0 < seconds < PATIENCE for seconds in studio.waited)


def test_another_kind_is_another_batch() -> None:
    studio = Studio(most=4)
    studio.free.clear()
    made = [studio.submit(item, kind=kind) for item, kind in ((1, "a"), (2, "b"), (3, "a"))]
    studio.waiting(2, "a")
    studio.waiting(1, "b")
    studio.free.set()
    assert [future.result(PATIENCE) for future in made] == [1, 4, 9]
    assert sorted(sorted(batch) for batch in studio.batches) == [[1, 3], [2]]


def test_a_follower_that_leaves_is_taken_out_and_the_others_go_on() -> None:
    studio = Studio(most=4)
    studio.free.clear()
    leader = studio.submit(1)
    studio.waiting(1)
    leaver = Watched()
    left = studio.submit(2, leaver)
    studio.waiting(2)
    leaver.gone.set()
    with pytest.raises(Cancelled):
        left.result(PATIENCE)
    studio.free.set()
    assert leader.result(PATIENCE) == 1
    assert studio.batches == [[1]]


def test_when_the_leader_leaves_the_next_one_leads() -> None:
    studio = Studio(most=4)
    studio.free.clear()
    leaver = Watched()
    left = studio.submit(1, leaver)
    studio.waiting(1)
    others = [studio.submit(2)]
    studio.waiting(2)
    others.append(studio.submit(3))
    studio.waiting(3)
    leaver.gone.set()
    with pytest.raises(Cancelled):
        left.result(PATIENCE)
    studio.free.set()
    assert [future.result(PATIENCE) for future in others] == [4, 9]
    assert studio.batches == [[2, 3]]


def test_a_leader_that_leaves_while_it_gathers_is_followed_too() -> None:
    studio = Studio(most=3, window=FOREVER)
    leaver = Watched()
    left = studio.submit(1, leaver)
    studio.waiting(1)
    leaver.gone.set()
    with pytest.raises(Cancelled):
        left.result(PATIENCE)
    made = [studio.submit(item) for item in (2, 3, 4)]
    assert sorted(future.result(PATIENCE) for future in made) == [4, 9, 16]


def test_a_leader_that_leaves_during_the_work_still_answers_the_others() -> None:
    studio = Studio(most=2, window=FOREVER)
    leaver = Watched()

    def leave(members: Sequence[Member[int, int]]) -> None:
        leaver.gone.set()
        for member in members:
            member.report(0.5, "half")

    studio.during = leave
    left = studio.submit(1, leaver)
    studio.waiting(1)
    other = studio.submit(2)
    with pytest.raises(Cancelled):
        left.result(PATIENCE)
    assert other.result(PATIENCE) == 4


def test_an_error_of_the_work_is_every_members_and_the_next_batch_is_unhurt() -> None:
    studio = Studio(most=2, window=FOREVER)

    def fail(_: Sequence[Member[int, int]]) -> None:
        raise EngineFailed("ENGINE_FAILED", engine="x", problem="a bad day")

    studio.during = fail
    for future in [studio.submit(1), studio.submit(2)]:
        with pytest.raises(EngineFailed, match="a bad day"):
            future.result(PATIENCE)
    studio.during = lambda _: None
    assert sorted(future.result(PATIENCE) for future in [studio.submit(3), studio.submit(4)]) == [9, 16]


def test_progress_never_goes_back() -> None:
    job = Watched()
    member: Member[int, int] = Member(1, job)
    for fraction in (0.1, 0.5, 0.2, 0.6):
        member.report(fraction, "")
    assert job.fractions == [0.1, 0.5, 0.5, 0.6]


def test_many_callers_of_many_kinds_are_each_answered_once() -> None:
    studio = Studio(most=3, window=0.001)
    made = [studio.submit(item, kind=f"kind {item % 4}") for item in range(200)]
    assert [future.result(PATIENCE) for future in made] == [item**2 for item in range(200)]
    assert sorted(item for batch in studio.batches for item in batch) == list(range(200))
    assert max(len(batch) for batch in studio.batches) <= 3
    assert not studio.batcher._groups
