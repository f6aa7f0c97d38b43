"""`python -m services.gateway` as it is deployed: a process on a socket, with real Postgres, Kafka and files."""

import asyncio
import json
import os
import signal
import socket
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio

from services.adapters.kafka import open_event_sender, open_wakeup_receiver
from services.adapters.postgres.store import PostgresStore
from services.adapters.settings import BrokerSettings
from services.cli.embedded.postgres import EmbeddedPostgres
from services.core.model import OperationEvent, OperationId
from services.core.ports import Claim
from tests.builders import ALICE, storyboard
from tests.fixtures.gateway_app import STORY

USER = {"X-User-ID": str(ALICE)}
WORKER = "story-worker/test"


class Process:
    """A gateway of its own process, and its address."""

    def __init__(self, process: asyncio.subprocess.Process, port: int) -> None:
        self.process = process
        self.port = port
        self.client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=USER, timeout=20.0)

    async def begin(self, path: str = "/v1/stories", body: Any = STORY) -> OperationId:
        answer = await self.client.post(path, json=body)
        assert answer.status_code == 202, answer.text
        return OperationId(UUID(answer.json()["operation_name"].removeprefix("operations/")))

    async def raw(self, request: bytes) -> bytes:
        """What the bare bytes of a request are answered with, until the server closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        answer = await reader.read()
        writer.close()
        return answer

    async def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return await self.process.wait()


@asynccontextmanager
async def running(environment: dict[str, str]) -> AsyncIterator[Process]:
    port = free_port()
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.gateway", env={**os.environ, **environment, "STORYREEL_GATEWAY_PORT": str(port)}
    )
    one = Process(started, port)
    try:
        await _alive(one)
        yield one
    finally:
        await one.client.aclose()
        if started.returncode is None:
            started.kill()
            await started.wait()


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


async def _alive(one: Process) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert one.process.returncode is None, "the gateway ended"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", one.port)
        except OSError:
            await asyncio.sleep(0.02)  # a port says nothing before it is there
            continue
        writer.close()
        return
    pytest.fail("the gateway did not start")


@pytest.fixture
def environment(postgres_url: str, broker_settings: BrokerSettings, tmp_path: Path) -> dict[str, str]:
    return {
        "STORYREEL_DATABASE_URL": postgres_url,
        "STORYREEL_KAFKA_BOOTSTRAP_SERVERS": broker_settings.kafka_bootstrap_servers,
        "STORYREEL_KAFKA_TOPIC_PREFIX": broker_settings.kafka_topic_prefix,
        "STORYREEL_KAFKA_PARTITIONS": str(broker_settings.kafka_partitions),
        "STORYREEL_KAFKA_FETCH_MAX_WAIT_MS": "5",
        "STORYREEL_MEDIA_URL": (tmp_path / "media").as_uri(),
        "STORYREEL_MODEL_ADDRESS": "127.0.0.1:1",
        "STORYREEL_READY_REQUIRES": "database,broker,media",
    }


@pytest_asyncio.fixture
async def gateway(environment: dict[str, str]) -> AsyncIterator[Process]:
    async with running(environment) as one:
        yield one


async def _claimed(store: PostgresStore, name: OperationId) -> Claim:
    work = await store.claim(name, WORKER, 60.0)
    assert work is not None
    return Claim(name, work.operation.user_id, work.operation.attempt, WORKER)


async def test_it_serves_and_ends_at_once_with_streams_open(gateway: Process) -> None:
    parts = (await gateway.client.get("/readyz")).json()["parts"]
    assert {name for name, part in parts.items() if part["state"] == "ok"} == {"database", "broker", "media"}
    name = await gateway.begin()
    async with gateway.client.stream("GET", f"/v1/operations/{name}/events") as stream:
        lines = stream.aiter_lines()
        assert await anext(lines) == "event: operation"
        began = time.monotonic()
        stopping = asyncio.create_task(gateway.stop())
        rest = [line async for line in lines]
    assert "event: queued" in rest
    assert await stopping == 0
    assert time.monotonic() - began < 5.0


async def test_what_is_begun_wakes_a_worker_at_once(
    gateway: Process, store: PostgresStore, broker_settings: BrokerSettings
) -> None:
    waits = []
    async with open_wakeup_receiver(broker_settings, "story-worker") as receiver:
        wakeups = aiter(receiver)
        for _ in range(10):
            name = await gateway.begin()
            async with asyncio.timeout(20):
                wakeup = await anext(wakeups)
                while wakeup.operation_id != name:
                    wakeup = await anext(wakeups)
            claim = await _claimed(store, name)
            await wakeup.settle()
            operation = await store.operation(ALICE, name)
            assert operation.started_at is not None
            waits.append((operation.started_at - operation.created_at).total_seconds())
            await store.end_cancelled(claim)
    assert statistics.median(waits[1:]) < 0.5, waits  # the old server needed 1.01 s; the bench measures the real figure


async def test_events_come_through_kafka_and_resume(
    gateway: Process, store: PostgresStore, broker_settings: BrokerSettings
) -> None:
    name = await gateway.begin()
    claim = await _claimed(store, name)
    seen: list[str] = []
    async with open_event_sender(broker_settings) as sender:
        async with gateway.client.stream("GET", f"/v1/operations/{name}/events") as stream:
            assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
            lines = stream.aiter_lines()
            async for line in lines:
                if line == "id: 2":
                    break
            _, event = await store.land_storyboard(claim, storyboard(1), (1,))
            progress = OperationEvent(name, ALICE, event.story_id, 0, event.at, "progress", {"progress": 0.5})
            await sender.publish([event, progress])
            async with asyncio.timeout(20):
                async for line in lines:
                    seen += [line] if line.startswith(("event:", "id:")) else []
                    if line == "event: progress":
                        break
        assert seen == ["event: storyboard_landed", "id: 3", "event: progress"]
        await sender.publish([(await store.finish(claim)).event])
    answer = await gateway.client.get(f"/v1/operations/{name}/events", headers={"Last-Event-ID": "3"})
    kinds = [line for line in answer.text.splitlines() if line.startswith("event:")]
    assert kinds == ["event: operation", "event: succeeded"]


async def test_a_chunked_body_that_never_ends_is_refused(gateway: Process) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(10_000):
            yield b"a" * 65_536

    try:
        answer = await gateway.client.post("/v1/stories", content=endless())
    except httpx2.TransportError:
        pass  # closed while the body was still being sent, as is a server's right
    else:
        assert (answer.status_code, answer.json()["reason"]) == (413, "BODY_TOO_LARGE")
    assert (await gateway.client.get("/v1/stories")).json()["items"] == []


async def test_bare_requests(gateway: Process) -> None:
    host = b"Host: x\r\nConnection: close\r\n"
    doubled = b"X-User-ID: %b\r\nx-user-id: %b\r\n" % (str(ALICE).encode(), str(ALICE).encode())
    answer = await gateway.raw(b"GET /v1/stories HTTP/1.1\r\n" + host + doubled + b"\r\n")
    assert b" 400 " in answer.split(b"\r\n")[0]
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["reason"] == "BAD_USER"
    user = b"X-User-ID: " + str(ALICE).encode() + b"\r\n"
    for path in (b"/static/../../etc/passwd", b"/static/..%2f..%2fetc%2fpasswd", b"/static/%2e%2e/healthz"):
        answer = await gateway.raw(b"GET " + path + b" HTTP/1.1\r\n" + host + user + b"\r\n")
        assert b" 404 " in answer.split(b"\r\n")[0]
        assert b"root:" not in answer
    answer = await gateway.raw(b"POST /v1/stories HTTP/1.1\r\n" + host + user + b"Content-Length: 99999999\r\n\r\n")
    assert b" 413 " in answer.split(b"\r\n")[0]


async def test_a_database_that_goes_away_is_said_quickly(environment: dict[str, str], tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path / "own", port=free_port())
    url = server.start()
    try:
        async with running(environment | {"STORYREEL_DATABASE_URL": url}) as gateway:
            await gateway.begin()
            server.stop()
            began = time.monotonic()
            answer = await gateway.client.get("/v1/stories")
            assert (answer.status_code, answer.json()["reason"]) == (503, "DATABASE_UNAVAILABLE")
            assert answer.headers["retry-after"] == "1"
            assert time.monotonic() - began < 5.0
            ready = await gateway.client.get("/readyz")
            assert (ready.status_code, ready.json()["parts"]["database"]["state"]) == (503, "failing")
            assert (await gateway.client.get("/healthz")).status_code == 200
            server.start()
            await gateway.begin()
    finally:
        server.stop()
