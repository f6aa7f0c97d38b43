"""The embedded Postgres: safe, durable, and gone when its parent is."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from services.cli.embedded import postgres
from services.cli.embedded.postgres import EmbeddedPostgres
from services.core.errors import FailedPrecondition, Unavailable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a cluster that was stopped in order."""
    folder = tmp_path_factory.mktemp("cluster")
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})
    server.start()
    server.stop()
    return folder


@pytest.fixture
def folder(cluster: Path, tmp_path: Path) -> Path:
    """A copy of the cluster for one test."""
    return Path(shutil.copytree(cluster, tmp_path / "pg"))


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(folder)
    yield made
    made.stop()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_it_is_durable_and_local_and_asks_for_a_password(server: EmbeddedPostgres, folder: Path) -> None:
    url = server.start()

    assert url.startswith("postgresql://storyreel:")
    assert url.endswith("/storyreel")
    assert await ask(url, "SHOW fsync") == "on"
    assert await ask(url, "SHOW synchronous_commit") == "on"
    assert await ask(url, "SHOW unix_socket_directories") == ""
    assert await ask(url, "SHOW listen_addresses") == "127.0.0.1"
    assert await ask(url, "SHOW server_encoding") == "UTF8"
    assert (folder / "password").stat().st_mode & 0o777 == 0o600
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(url.replace("storyreel:", "storyreel:wrong"), "SELECT 1")
    hba = [line.split() for line in (folder / "data" / "pg_hba.conf").read_text().splitlines() if line and line[0] != "#"]
    assert {line[-1] for line in hba} == {"scram-sha-256"}


async def test_what_was_committed_outlives_a_stop_and_a_crash(server: EmbeddedPostgres) -> None:
    url = server.start()
    await ask(url, "CREATE TABLE kept (n integer)")
    await ask(url, "INSERT INTO kept VALUES (1)")
    server.stop()
    assert server.pid is None
    url = server.start()
    await ask(url, "INSERT INTO kept VALUES (2)")
    server.kill()
    assert server.pid is None
    url = server.start()
    assert await ask(url, "SELECT sum(n) FROM kept") == 3


async def test_a_pid_file_of_another_life_does_not_matter(server: EmbeddedPostgres, folder: Path) -> None:
    pid_file = folder / "data" / "postmaster.pid"
    for left in (f"{os.getpid()}\n{folder}/data\n", "1\n", ""):
        pid_file.write_text(left)
        assert await ask(server.start(), "SELECT 1") == 1
        server.kill()


def test_a_folder_in_use_is_refused(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    with pytest.raises(Unavailable, match=r"postmaster\.pid"):
        EmbeddedPostgres(folder).start()
    with pytest.raises(Unavailable, match="running already"):
        server.start()
    assert server.pid is not None


def test_a_wrong_setting_is_said_with_the_log(folder: Path) -> None:
    broken = EmbeddedPostgres(folder, settings={"max_connections": "many"})
    with pytest.raises(Unavailable, match="max_connections") as failed:
        broken.start()
    assert failed.value.reason == "EMBEDDED_POSTGRES_FAILED"
    assert broken.pid is None


def test_a_fixed_port_is_kept(folder: Path) -> None:
    server = EmbeddedPostgres(folder, port=postgres._free_port())
    first = server.start()
    server.stop()
    assert server.start() == first
    server.stop()


def test_it_dies_with_its_parent(folder: Path) -> None:
    code = (
        "import sys, pathlib\n"
        "from services.cli.embedded.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(pathlib.Path(sys.argv[1]))\n"
        "server.start()\n"
        "print(server.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait(10)
    psutil.wait_procs([child], timeout=10)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@as_root
async def test_without_namespaces_it_runs_as_nobody(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_namespaces_permitted", lambda: False)
    server = EmbeddedPostgres(open_folder, settings={"fsync": "off"})
    assert await ask(server.start(), "SELECT 1") == 1
    assert psutil.Process(server.pid).uids().real == postgres.NOBODY
    server.stop()
    monkeypatch.undo()
    assert await ask(server.start(), "SELECT 1") == 1  # and back again, where they are permitted
    server.stop()


@as_root
def test_a_folder_that_nobody_can_enter_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "_namespaces_permitted", lambda: False)
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(FailedPrecondition, match="closed") as refused:
        EmbeddedPostgres(closed / "pg").start()
    assert refused.value.reason == "EMBEDDED_FOLDER_UNREACHABLE"
