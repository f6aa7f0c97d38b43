"""The data folder: one stack at a time, and a true word on who runs."""

import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.embedded import postgres
from services.cli.embedded.folder import AlreadyRunning, Folder, PartState, StackState
from services.cli.embedded.processes import alive, created
from services.cli.embedded.stack import Own, PortTaken, check_port, free_port

HOLDER = """
import sys
from pathlib import Path
from services.cli.embedded.folder import Folder
with Folder(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""
WAITING = [sys.executable, "-S", "-c", "import signal; print('runs', flush=True); signal.pause()"]


def state(folder: Path, *, pid: int | None = None, parts: dict[str, PartState] | None = None) -> StackState:
    who = pid or os.getpid()
    return StackState(
        pid=who,
        created=created(who) or 0.0,
        url="http://127.0.0.1:1",
        data=str(folder),
        ready=True,
        started_at="2026-11-22T10:00:00+00:00",
        parts=parts or {},
    )


def test_a_second_one_is_told_who_runs(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    with folder.locked():
        folder.write(state(tmp_path))
        with pytest.raises(AlreadyRunning) as refused, folder.locked():
            pass
        assert refused.value.state == folder.state()


def test_the_lock_goes_with_a_killed_holder(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(AlreadyRunning), folder.locked():
            pass
        holder.kill()
        holder.wait()
        with folder.locked():
            pass


def test_state_is_read_back_whole_and_is_the_owners_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    written = state(tmp_path, parts={"worker": PartState(pid=1, created=2.0, port=None, log="l", restarts=3)})
    folder.write(written)
    assert folder.state() == written
    assert stat.S_IMODE((tmp_path / "stack.json").stat().st_mode) == 0o600
    folder.forget()
    assert folder.state() is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"parts": {"worker": {}}}'])
def test_a_damaged_state_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "stack.json").write_text(content)
    assert Folder(tmp_path).state() is None


def test_a_state_whose_process_has_ended_is_not_running(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with subprocess.Popen(WAITING, stdout=subprocess.PIPE) as process:
        folder.write(state(tmp_path, pid=process.pid))
        assert folder.running() == folder.state()
        process.kill()
        process.wait()
        assert folder.running() is None


def test_leftovers_end_but_not_a_later_process_with_their_number(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    with (
        subprocess.Popen(WAITING, stdout=subprocess.PIPE) as left,
        subprocess.Popen(WAITING, stdout=subprocess.PIPE) as later,
    ):
        began = created(later.pid)
        assert began is not None
        parts = {
            "worker": PartState(pid=left.pid, created=created(left.pid), port=None, log=""),
            "gateway": PartState(pid=later.pid, created=began - 100.0, port=None, log=""),
        }
        folder.write(state(tmp_path, parts=parts))
        folder.end_leftovers()
        assert left.wait(5) == -signal.SIGKILL
        assert alive(later.pid)
        later.kill()


def test_the_user_stays_the_same(tmp_path: Path) -> None:
    made = Folder(tmp_path / "data").user_id()
    assert Folder(tmp_path / "data").user_id() == made
    assert Folder(tmp_path / "other").user_id() != made


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTaken):
            check_port("127.0.0.1", port)
    check_port("127.0.0.1", port)
    with pytest.raises(OSError, match="address"):
        check_port("192.0.2.1", 0)  # a documentation address (RFC 5737): no machine has it


def test_free_ports_are_not_given_out_twice() -> None:
    first = free_port("127.0.0.1")
    assert free_port("127.0.0.1", taken={first}) != first


def test_what_the_user_runs_elsewhere_is_read_off_the_environment() -> None:
    assert Own.of({}) == Own(database="", kafka="", models="")
    given = {"DATABASE_URL": "postgresql://db", "STORYREEL_KAFKA_BOOTSTRAP_SERVERS": "k:1", "KAFKA_BOOTSTRAP_SERVERS": "k:2"}
    assert Own.of(given) == Own(database="postgresql://db", kafka="k:1", models="")


def test_a_database_that_has_ended_unreaped_does_not_block_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(WAITING, stdout=subprocess.PIPE) as ended:
        ended.kill()
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it stays a zombie
        (tmp_path / "postmaster.pid").write_text(f"{ended.pid}\n{tmp_path}\n")
        postgres._drop_stale_pid_file(tmp_path)
        assert not (tmp_path / "postmaster.pid").exists()
