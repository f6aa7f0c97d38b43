"""Who has the device, in which order, and which models stay on it. No torch: the device is a twin with so many bytes."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from services.core.errors import Cancelled, EngineFailed, ResourceExhausted
from services.model_service.residency import Residency
from services.model_service.turns import Turns

PATIENCE = 20.0


def nobody_leaves() -> None:
    """A check that lets everybody wait."""


class OutOfMemory(RuntimeError):
    """The twin's memory is full."""


@dataclass
class Weights:
    size: int
    memory: "TwinMemory"

    def __del__(self) -> None:
        self.memory.used -= self.size


@dataclass
class TwinMemory:
    """A device of `total` bytes, which a model holds until nobody refers to it."""

    total: int
    device: str = "twin:0"
    used: int = 0
    reclaimed: int = 0
    loading: list[str] = field(default_factory=list)

    def free(self) -> int:
        return self.total - self.used

    def load(self, load: Callable[[], Any]) -> tuple[Any, int]:
        before = self.used
        model = load()
        return model, self.used - before

    def reclaim(self) -> None:
        self.reclaimed += 1

    def is_out_of_memory(self, error: BaseException) -> bool:
        return isinstance(error, OutOfMemory)

    def model(self, size: int) -> Callable[[], Weights]:
        def load() -> Weights:
            if size > self.free():
                raise OutOfMemory(f"{size} bytes do not fit into {self.free()}\nand the rest of a long message")
            self.used += size
            return Weights(size, self)

        return load


class Devices:
    """A residency with one twin, and what its metrics say."""

    def __init__(self, total: int) -> None:
        self.registry = CollectorRegistry()
        self.residency = Residency(self.registry)
        self.memory = TwinMemory(total)

    def use(self, name: str, size: int, *, needs: int = 0) -> AbstractContextManager[Weights]:
        return self.residency.use(name, self.memory.model(size), memory=self.memory, tenant="t", check=nobody_leaves, needs=needs)

    def touch(self, name: str, size: int, *, needs: int = 0) -> None:
        with self.use(name, size, needs=needs):
            pass

    @property
    def resident(self) -> dict[str, int]:
        return self.residency.resident(self.memory)

    def metric(self, name: str, model: str) -> float:
        return self.registry.get_sample_value(f"storyreel_device_{name}", {"device": "twin:0", "model": model}) or 0.0


# -- models --------------------------------------------------------------------------------------------------------------------


def test_a_model_is_loaded_once_and_stays() -> None:
    devices = Devices(100)
    with devices.use("a", 40) as first:
        pass
    with devices.use("a", 40) as second:
        assert second is first
    assert devices.metric("loads_total", "a") == 1
    assert devices.metric("memory_bytes", "a") == 40
    assert devices.metric("wait_seconds_count", "a") == 2


def test_the_least_recently_used_makes_room_by_what_it_was_measured_to_hold() -> None:
    devices = Devices(100)
    devices.touch("a", 40)
    devices.touch("b", 40)
    devices.touch("a", 40)
    devices.touch("c", 30, needs=30)
    assert devices.resident == {"a": 40, "c": 30}
    assert devices.metric("evictions_total", "b") == 1
    assert devices.metric("evictions_total", "a") == 0
    assert devices.metric("memory_bytes", "b") == 0
    assert devices.memory.used == 70
    assert devices.memory.reclaimed == 1


def test_what_fits_evicts_nothing() -> None:
    devices = Devices(100)
    for name in "abc":
        devices.touch(name, 30, needs=30)
    assert list(devices.resident) == ["a", "b", "c"]


def test_a_model_that_was_expected_smaller_evicts_when_its_load_fails() -> None:
    devices = Devices(100)
    devices.touch("a", 40)
    devices.touch("b", 40)
    devices.touch("c", 70, needs=10)
    assert devices.resident == {"c": 70}
    assert devices.metric("loads_total", "c") == 1


def test_a_measured_size_is_believed_more_than_the_expected_one() -> None:
    devices = Devices(100)
    devices.touch("a", 30, needs=90)
    devices.touch("b", 90, needs=90)
    assert devices.resident == {"b": 90}
    devices.memory.total = 130
    devices.touch("a", 30, needs=90)
    assert devices.resident == {"b": 90, "a": 30}


def test_what_does_not_fit_alone_is_given_back_to_be_tried_later() -> None:
    devices = Devices(100)
    devices.touch("a", 40)
    with pytest.raises(ResourceExhausted, match="160 bytes do not fit into 100") as caught:
        devices.touch("whale", 160, needs=160)
    assert caught.value.reason == "DEVICE_MEMORY_FULL"
    assert caught.value.retryable
    assert caught.value.retry_after
    assert "long message" not in str(caught.value)
    assert devices.resident == {}
    devices.touch("a", 40)
    assert devices.resident == {"a": 40}


def test_other_errors_of_a_load_are_the_callers_and_leave_the_device_free() -> None:
    devices = Devices(100)

    def broken() -> Weights:
        raise EngineFailed("ENGINE_FAILED", engine="a", problem="no weights")

    with (
        pytest.raises(EngineFailed, match="no weights"),
        devices.residency.use("a", broken, memory=devices.memory, tenant="t", check=nobody_leaves),
    ):
        raise AssertionError("it was never loaded")
    devices.touch("b", 40)
    assert devices.resident == {"b": 40}


def test_whoever_has_the_device_may_have_the_others_evicted() -> None:
    devices = Devices(100)
    devices.touch("a", 30)
    devices.touch("b", 30)
    with devices.use("b", 30) as held:
        assert devices.residency.relieve("b", devices.memory)
        assert not devices.residency.relieve("b", devices.memory)
        assert held.size == 30
    assert devices.resident == {"b": 30}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans()), max_size=40))
def test_whatever_is_asked_in_whatever_order_the_memory_never_overflows(asked: list[tuple[str, bool]]) -> None:
    sizes = {"a": 10, "b": 20, "c": 30, "d": 40, "e": 70, "f": 100}
    devices = Devices(100)
    for name, told in asked:
        devices.touch(name, sizes[name], needs=sizes[name] if told else 0)
        assert list(devices.resident)[-1] == name
        assert sum(devices.resident.values()) == devices.memory.used <= 100


def test_two_loads_never_overlap_and_what_is_in_use_is_never_evicted() -> None:
    devices = Devices(100)
    inside = threading.Semaphore(1)
    problems: list[str] = []

    def work(name: str) -> None:
        for _ in range(20):
            with devices.use(name, 60, needs=60) as model:
                if not inside.acquire(blocking=False):
                    problems.append("two at once")
                if model.size != 60 or devices.memory.used != 60:
                    problems.append("evicted in use")
                inside.release()
                del model

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcdefgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not problems
    assert sum(devices.metric("wait_seconds_count", name) for name in "abcdefgh") == 160


# -- turns ---------------------------------------------------------------------------------------------------------------------


class Queue:
    """Threads that wait for a turn that the test holds, in the order in which they were added."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.order: list[str] = []
        self.threads: list[threading.Thread] = []
        self.lengths: list[int] = []
        self._held = self.turns.turn("holder", nobody_leaves)
        self._held.__enter__()

    def add(self, tenant: str, label: str, check: Callable[[], None] = nobody_leaves) -> threading.Thread:
        def work() -> None:
            try:
                with self.turns.turn(tenant, check, self.lengths.append):
                    self.order.append(label)
            except Cancelled:
                self.order.append(f"{label} left")

        before = self.turns.waiting
        thread = threading.Thread(target=work)
        thread.start()
        self.threads.append(thread)
        reached = threading.Event()
        while self.turns.waiting == before:
            reached.wait(0.001)
        return thread

    def go(self) -> list[str]:
        self._held.__exit__(None, None, None)
        for thread in self.threads:
            thread.join(PATIENCE)
        return self.order


def test_tenants_take_turns_and_within_one_the_first_comes_first() -> None:
    queue = Queue()
    for label in ("a1", "a2", "a3", "a4"):
        queue.add("alice", label)
    queue.add("bob", "b1")
    queue.add("carol", "c1")
    queue.add("bob", "b2")
    assert queue.go() == ["a1", "b1", "c1", "a2", "b2", "a3", "a4"]
    assert queue.lengths[:7] == [1, 2, 3, 4, 5, 6, 7]
    assert queue.lengths[-1] == 0


def test_who_leaves_the_queue_is_passed_over() -> None:
    queue = Queue()
    gone = threading.Event()

    def leaves() -> None:
        if gone.is_set():
            raise Cancelled("CANCELLED")

    queue.add("alice", "a1")
    leaver = queue.add("bob", "b1", leaves)
    queue.add("alice", "a2")
    gone.set()
    leaver.join(PATIENCE)
    assert queue.turns.waiting == 2
    assert queue.go() == ["b1 left", "a1", "a2"]


def test_a_turn_granted_to_one_who_is_leaving_is_passed_on() -> None:
    turns = Turns()
    asked, granted = threading.Event(), threading.Event()
    left: list[bool] = []

    def leaves_late() -> None:
        asked.set()
        granted.wait(PATIENCE)
        raise Cancelled("CANCELLED")

    def work() -> None:
        try:
            with turns.turn("bob", leaves_late):
                left.append(False)
        except Cancelled:
            left.append(True)

    thread = threading.Thread(target=work)
    with turns.turn("alice", nobody_leaves):
        thread.start()
        assert asked.wait(PATIENCE)
    granted.set()  # by now the turn is bob's, who is about to leave
    thread.join(PATIENCE)
    assert left == [True]
    with turns.turn("carol", nobody_leaves):
        assert turns.waiting == 0


def test_asking_again_while_one_has_the_turn_is_a_mistake_that_is_said() -> None:
    turns = Turns()
    with turns.turn("a", nobody_leaves), pytest.raises(RuntimeError, match="already"), turns.turn("a", nobody_leaves):
        raise AssertionError("it was granted twice")
    with turns.turn("a", nobody_leaves):
        assert turns.waiting == 0
