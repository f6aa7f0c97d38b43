"""The embedded broker as a process."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from services.adapters.kafka import broker_ready
from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker


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
