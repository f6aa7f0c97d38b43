"""The embedded broker as a process."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil
import pytest

from services.adapters.kafka import broker_ready, longest_partition, open_wakeup_receiver, open_wakeup_sender
from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.cli.embedded.keeper import Keeper
from services.cli.embedded.parts import Inner
from services.cli.embedded.renewal import Renewal
from services.cli.embedded.supervisor import RestartPolicy, Supervisor
from services.cli.embedded.wakeups import wakeups
from services.core.errors import Unavailable
from services.core.model import OperationId
from services.core.ports import WakeUpSender
from tests.fixtures.broker import settings_for


async def test_it_starts_and_answers_on_loopback_only(own_broker: EmbeddedBroker) -> None:
    address = own_broker.start()
    await broker_ready(BrokerSettings(kafka_bootstrap_servers=address))
    assert own_broker.pid
    listening = {c.laddr.ip for c in psutil.Process(own_broker.pid).net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}


def test_it_comes_back_on_the_same_port(own_broker: EmbeddedBroker) -> None:
    address, pid = own_broker.start(), own_broker.pid
    own_broker.kill()
    assert own_broker.start() == address
    assert own_broker.pid != pid


def test_stopping_is_quick_with_connections_open(own_broker: EmbeddedBroker) -> None:
    host, port = own_broker.start().split(":")
    with socket.create_connection((host, int(port))):
        began = time.monotonic()
        own_broker.stop()
        assert time.monotonic() - began < 3
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((host, int(port)))
    own_broker.stop()  # and again is nothing


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(RuntimeError, match=str(taken.getsockname()[1])):
            EmbeddedBroker(tmp_path, port=taken.getsockname()[1]).start()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells a child that its parent has gone")
def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\n"
        "from services.cli.embedded.broker import EmbeddedBroker\n"
        "broker = EmbeddedBroker(pathlib.Path(sys.argv[1]))\n"
        "broker.start()\n"
        "print(broker.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        broker = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
        broker.wait(10)
    assert not broker.is_running()


class Supervised:
    """The broker under a supervisor in this thread, with one partition a topic."""

    def __init__(self, supervisor: Supervisor, servers: str) -> None:
        self.settings = settings_for(servers).model_copy(update={"kafka_partitions": 1})
        self._supervisor = supervisor

    @property
    def restarts(self) -> int:
        return self._supervisor.restarts("broker")

    def renewal(self, *, quiet: int, most: int) -> Renewal:
        """It looks whenever it is called."""
        restart = partial(self._supervisor.restart, "broker")
        return Renewal(self.settings, restart, quiet_records=quiet, most_records=most, every=0.0)

    def watch(self, renewal: Renewal, until: Callable[[], bool]) -> None:
        """Look once at least, and again until it is so."""

        def looked() -> bool:
            renewal.look()
            return until()

        assert self._supervisor.watch(RestartPolicy(limit=1), looked, every=0.01)  # one death would end it


@pytest.fixture
def supervised(tmp_path: Path) -> Iterator[Supervised]:
    part = Inner("broker", EmbeddedBroker(tmp_path), log=tmp_path / "broker.log", orderly=False)
    keeper = Keeper()
    with wakeups() as told:
        supervisor = Supervisor(told, keeper, changed=lambda: None)
        supervisor.start(part)
        yield Supervised(supervisor, part.address)
        supervisor.stop(["broker"])
    keeper.close()


async def announce(sender: WakeUpSender, count: int) -> set[OperationId]:
    """Each on its own, until it is acknowledged."""
    sent = {OperationId(uuid.uuid4()) for _ in range(count)}
    for each in sent:
        async with asyncio.timeout(20):
            while True:
                try:
                    await sender.announce([each])
                except Unavailable:
                    continue
                break
    return sent


async def announce_alone(settings: BrokerSettings, count: int) -> None:
    async with open_wakeup_sender(settings) as sender:
        await announce(sender, count)


def test_a_short_log_is_let_be(supervised: Supervised) -> None:
    asyncio.run(announce_alone(supervised.settings, 10))
    renewal = supervised.renewal(quiet=10, most=10)
    looks = iter(range(5))
    supervised.watch(renewal, lambda: next(looks, None) is None)
    assert supervised.restarts == 0


def test_a_long_log_is_renewed_when_nothing_comes(supervised: Supervised) -> None:
    renewal = supervised.renewal(quiet=5, most=1_000)
    asyncio.run(announce_alone(supervised.settings, 10))
    for _ in range(4):  # it still grows
        asyncio.run(announce_alone(supervised.settings, 1))
        supervised.watch(renewal, lambda: True)
    supervised.watch(supervised.renewal(quiet=5, most=1_000), lambda: True)  # nothing is restarted at first sight
    assert supervised.restarts == 0
    supervised.watch(renewal, lambda: supervised.restarts > 0)
    looks = iter(range(5))
    supervised.watch(renewal, lambda: next(looks, None) is None)
    assert asyncio.run(longest_partition(supervised.settings)) == 0
    assert supervised.restarts == 1


def test_wakeups_go_on_over_a_renewal(supervised: Supervised) -> None:
    """Those that were announced after it all arrive at a receiver that was there before."""
    settings = supervised.settings

    async def traffic() -> None:
        async with open_wakeup_receiver(settings, "workers") as receiver, open_wakeup_sender(settings) as sender:
            for times in (1, 2):
                async with asyncio.timeout(30):
                    while supervised.restarts < times:
                        await announce(sender, 1)
                missing = await announce(sender, 10)
                async with asyncio.timeout(20):
                    while missing:
                        wakeup = await anext(receiver)
                        missing.discard(wakeup.operation_id)
                        await wakeup.settle()

    renewal = supervised.renewal(quiet=30, most=30)
    with ThreadPoolExecutor(1) as thread:
        running = thread.submit(asyncio.run, traffic())
        supervised.watch(renewal, running.done)
        running.result()
    assert supervised.restarts == 2


def test_a_broker_that_is_away_is_let_be(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    settings = settings_for(broker.start())
    broker.kill()
    told: list[str] = []
    Renewal(settings, told.append, quiet_records=0, most_records=0, every=0.0).look()
    assert told == []
