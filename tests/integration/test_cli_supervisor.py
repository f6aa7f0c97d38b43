"""The supervisor with trivial children: they come back, end in order, and never outlive it."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Command, tail
from services.cli.embedded.processes import alive
from services.cli.embedded.supervisor import PartFailed, RestartPolicy, Supervisor
from services.cli.embedded.wakeups import Wakeups, wakeups

POLICY = RestartPolicy(limit=5, window=60.0, first_delay=0.01, longest_delay=0.05)

# Says on standard output that it runs, and on SIGTERM that it stops.
ORDERLY = """
import signal, sys
def stop(*_):
    print(f"{sys.argv[1]} stops", flush=True)
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(f"{sys.argv[1]} runs", flush=True)
while True:
    signal.pause()
"""
DEAF = """
import signal, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(f"{sys.argv[1]} runs", flush=True)
while True:
    signal.pause()
"""
# Starts a child of its own and says its process id.
PARENT = """
import signal, subprocess, sys
child = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"])
print(child.pid, flush=True)
while True:
    signal.pause()
"""


class Children:
    """A supervisor with the children that a test asks for; all of them write to one log."""

    def __init__(self, folder: Path, told: Wakeups, keeper: Keeper) -> None:
        self.log = folder / "children.log"
        self.told = told
        self.supervisor = Supervisor(told, keeper, changed=lambda: None)
        self.names: list[str] = []

    def start(self, name: str, program: str, *, grace: float = 10.0) -> Command:
        argv = [sys.executable, "-S", "-c", program, name]
        part = Command(name, argv, env=dict(os.environ), log=self.log, grace=grace)
        self.names.append(name)
        self.supervisor.start(part)
        return part

    def lines(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def watch_until(self, met: Callable[[], bool], policy: RestartPolicy = POLICY) -> None:
        assert self.supervisor.watch(policy, met, every=0.01)


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    keeper = Keeper()
    with wakeups() as told:
        made = Children(tmp_path, told, keeper)
        yield made
        made.supervisor.stop(made.names)
    keeper.close()


@contextmanager
def ends(pid: int) -> Iterator[None]:
    """Wait after the block until the process has ended."""
    handle = os.pidfd_open(pid)
    try:
        yield
        assert select.select([handle], [], [], 20)[0], f"process {pid} still runs"
    finally:
        os.close(handle)


def test_a_child_that_dies_is_started_again(children: Children) -> None:
    part = children.start("a", ORDERLY)
    children.watch_until(lambda: children.lines() == ["a runs"])
    first = part.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    children.watch_until(lambda: children.lines() == ["a runs", "a runs"])
    assert part.pid != first
    assert part.running()
    assert children.supervisor.restarts("a") == 1


def test_a_child_that_nobody_continues_is_killed_and_started_again(children: Children) -> None:
    part = children.start("a", ORDERLY)
    children.watch_until(lambda: children.lines() == ["a runs"])
    first = part.pid
    assert first is not None
    with ends(first):
        os.kill(first, signal.SIGSTOP)
        children.watch_until(lambda: children.lines() == ["a runs", "a runs"], replace(POLICY, still=0.1))
    assert part.pid != first


def test_a_child_that_is_continued_in_time_stays(children: Children) -> None:
    part = children.start("a", ORDERLY)
    children.watch_until(lambda: children.lines() == ["a runs"])
    first = part.pid
    assert first is not None
    patient = replace(POLICY, still=60.0)
    os.kill(first, signal.SIGSTOP)
    looks = iter(range(3))
    children.watch_until(lambda: next(looks, None) is None, patient)
    os.kill(first, signal.SIGCONT)
    looks = iter(range(3))
    children.watch_until(lambda: next(looks, None) is None, patient)
    assert part.pid == first
    assert children.supervisor.restarts("a") == 0


def test_a_restart_that_was_asked_for_counts_no_death(children: Children) -> None:
    part = children.start("a", ORDERLY)
    children.watch_until(lambda: children.lines() == ["a runs"])
    impatient = replace(POLICY, limit=1)  # a single death would end the watch
    for times in range(1, 4):
        before = part.pid
        children.supervisor.restart("a", "the test wants it")
        children.watch_until(lambda times=times: children.lines() == ["a runs"] * (times + 1), impatient)  # type: ignore[misc]
        assert part.pid != before
        assert children.supervisor.restarts("a") == times


def test_a_restart_leaves_a_dead_child_its_delay(children: Children) -> None:
    part = children.start("a", "print('ran', flush=True)")
    slow = replace(POLICY, first_delay=60.0, longest_delay=60.0)
    children.watch_until(lambda: not part.running() and children.lines() == ["ran"], slow)
    looks = iter(range(3))
    children.watch_until(lambda: next(looks, None) is None, slow)  # its death has been seen
    children.supervisor.restart("a", "the test wants it")
    looks = iter(range(3))
    children.watch_until(lambda: next(looks, None) is None, slow)
    assert children.lines() == ["ran"]


def test_what_a_dead_child_had_started_ends_before_it_comes_back(children: Children) -> None:
    part = children.start("a", PARENT)
    children.watch_until(lambda: len(children.lines()) == 1)
    grandchild = int(children.lines()[0])
    assert part.pid is not None
    with ends(grandchild):
        os.kill(part.pid, signal.SIGKILL)
        children.watch_until(lambda: len(children.lines()) == 2)


def test_a_child_that_keeps_dying_ends_the_watch_with_the_end_of_its_log(children: Children) -> None:
    children.start("bad", "print('the reason'); raise SystemExit(7)")
    with pytest.raises(PartFailed) as failed:
        children.supervisor.watch(POLICY)
    assert failed.value.name == "bad"
    assert failed.value.problem == "exit code 7"
    assert failed.value.tail == "\n".join(["the reason"] * POLICY.limit)


def test_a_program_that_is_not_there_is_told(tmp_path: Path, children: Children) -> None:
    part = Command("gone", [str(tmp_path / "absent")], env={}, log=children.log, grace=1.0)
    with pytest.raises(PartFailed, match="absent"):
        children.supervisor.start(part)


def test_parts_stop_in_the_order_given(children: Children) -> None:
    for name in ("a", "b", "c"):
        children.start(name, ORDERLY)
    children.watch_until(lambda: len(children.lines()) == 3)
    children.supervisor.stop(["b", "c", "a"])
    assert children.lines()[3:] == ["b stops", "c stops", "a stops"]


def test_what_a_part_had_started_ends_with_it(children: Children) -> None:
    children.start("a", PARENT)
    children.watch_until(lambda: len(children.lines()) == 1)
    with ends(int(children.lines()[0])):
        children.supervisor.stop(["a"])


def test_a_part_that_does_not_stop_is_killed_after_its_grace(children: Children) -> None:
    part = children.start("deaf", DEAF, grace=0.1)
    children.watch_until(lambda: children.lines() == ["deaf runs"])
    children.supervisor.stop(["deaf"])
    assert part.ending() == "signal SIGKILL"


def test_a_stopped_process_is_woken_to_end_in_order(children: Children) -> None:
    part = children.start("a", ORDERLY)
    children.watch_until(lambda: children.lines() == ["a runs"])
    assert part.pid is not None
    os.kill(part.pid, signal.SIGSTOP)
    children.supervisor.stop(["a"])
    assert children.lines() == ["a runs", "a stops"]


def test_a_stop_signal_ends_the_watch_and_a_second_one_the_patience(children: Children) -> None:
    part = children.start("deaf", DEAF, grace=60.0)
    children.watch_until(lambda: children.lines() == ["deaf runs"])
    os.kill(os.getpid(), signal.SIGINT)
    assert not children.supervisor.watch(POLICY)
    interrupting = subprocess.Popen([sys.executable, "-S", "-c", f"import os; os.kill({os.getpid()}, 2)"])
    children.supervisor.stop(["deaf"])  # would take the grace's minute
    assert interrupting.wait() == 0
    assert children.told.stops == 2
    assert part.ending() == "signal SIGKILL"


def test_delays_double_up_to_the_longest() -> None:
    policy = RestartPolicy(first_delay=0.1, longest_delay=1.0)
    assert [round(policy.delay(deaths), 1) for deaths in range(1, 7)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


SUPERVISOR = """
import sys, os
from pathlib import Path
from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Command
from services.cli.embedded.supervisor import RestartPolicy, Supervisor
from services.cli.embedded.wakeups import wakeups
with wakeups() as told:
    supervisor = Supervisor(told, Keeper(), changed=lambda: None)
    part = Command("a", [sys.executable, "-S", "-c", sys.argv[2]], env=dict(os.environ), log=Path(sys.argv[1]), grace=1.0)
    supervisor.start(part)
    supervisor.watch(RestartPolicy(), lambda: bool(Path(sys.argv[1]).read_text()), every=0.01)
    print(part.pid, Path(sys.argv[1]).read_text(), flush=True)
    supervisor.watch(RestartPolicy())
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's tie is Linux's")
def test_killing_the_supervisor_takes_children_and_grandchildren_down(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SUPERVISOR, str(tmp_path / "log"), PARENT]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        child, grandchild = (int(word) for word in supervisor.stdout.readline().split())
        with ends(child), ends(grandchild):
            supervisor.kill()
    assert not alive(child)
    assert not alive(grandchild)


def test_tail_gives_the_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(str(number) for number in range(100)) + "\n")
    assert tail(log, 3) == "97\n98\n99"
    assert tail(tmp_path / "absent") == ""
