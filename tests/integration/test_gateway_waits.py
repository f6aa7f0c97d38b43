"""Waits on a gateway of its own process, with real Postgres and Kafka: over REST and gRPC, woken by the end and by SIGTERM."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from google.longrunning import operations_pb2 as longrunning
from google.longrunning import operations_pb2_grpc
from grpc import aio

from services.adapters.kafka import open_event_sender
from services.adapters.postgres.store import PostgresStore
from services.adapters.settings import BrokerSettings
from services.cli.embedded.broker import EmbeddedBroker
from services.core.model import OperationId
from services.core.ports import Claim
from tests.builders import ALICE
from tests.fixtures.gateway_rpc import as_user
from tests.integration.test_gateway_process import Process, environment, free_port, running

__all__ = ["environment"]


@dataclass
class Both:
    """A gateway and its second address."""

    gateway: Process
    grpc: str

    async def waits(self, name: OperationId) -> list[asyncio.Task[str]]:
        """Wait for the operation on every surface: how it is when each is answered."""
        return [asyncio.create_task(wait) for wait in (self._by_grpc(name), self._by_post(name), self._by_get(name))]

    async def _by_grpc(self, name: OperationId) -> str:
        async with aio.insecure_channel(self.grpc) as channel:
            request = longrunning.WaitOperationRequest(name=f"operations/{name}")
            stub = operations_pb2_grpc.OperationsStub(channel)
            return "done" if (await stub.WaitOperation(request, metadata=as_user(), timeout=50)).done else "not"

    async def _by_post(self, name: OperationId) -> str:
        answer = await self.gateway.client.post(f"/v1/operations/{name}:wait", json={"timeout": 50}, timeout=60)
        return "done" if answer.json()["done"] else "not"

    async def _by_get(self, name: OperationId) -> str:
        answer = await self.gateway.client.get(f"/v1/operations/{name}", headers={"Prefer": "wait=50"}, timeout=60)
        return "done" if answer.json()["done"] else "not"


@pytest_asyncio.fixture
async def both(environment: dict[str, str]) -> AsyncIterator[Both]:
    address = f"127.0.0.1:{free_port()}"
    async with running(environment | {"STORYREEL_GATEWAY_GRPC_LISTEN": address}) as gateway:
        yield Both(gateway, address)


async def _open(both: Both, waits: list[asyncio.Task[str]]) -> None:
    """Returns once every wait has reached the gateway."""
    async with asyncio.timeout(20):
        while f"storyreel_gateway_waits {len(waits):.1f}" not in (await both.gateway.client.get("/metrics")).text:
            assert not any(wait.done() for wait in waits)


async def test_waits_end_with_the_operation(both: Both, store: PostgresStore, broker_settings: BrokerSettings) -> None:
    name = await both.gateway.begin()
    work = await store.claim(name, "story-worker/test", 60.0)
    assert work is not None
    waits = await both.waits(name)
    await _open(both, waits)
    ended = await store.finish(Claim(name, ALICE, work.operation.attempt, "story-worker/test"))
    async with open_event_sender(broker_settings) as sender:
        began = time.monotonic()
        await sender.publish([ended.event])
        async with asyncio.timeout(20):
            assert await asyncio.gather(*waits) == ["done"] * 3
    assert time.monotonic() - began < 5


async def test_without_a_broker_waits_end_within_two_looks(
    environment: dict[str, str], store: PostgresStore, own_broker: EmbeddedBroker
) -> None:
    resync = 1.0
    mine = {"STORYREEL_KAFKA_BOOTSTRAP_SERVERS": own_broker.start(), "STORYREEL_LIVE_RESYNC_SECONDS": str(resync)}
    address = f"127.0.0.1:{free_port()}"
    async with running(environment | mine | {"STORYREEL_GATEWAY_GRPC_LISTEN": address}) as gateway:
        both = Both(gateway, address)
        name = await gateway.begin()
        work = await store.claim(name, "story-worker/test", 60.0)
        assert work is not None
        waits = await both.waits(name)
        await _open(both, waits)
        own_broker.kill()
        began = time.monotonic()
        await store.finish(Claim(name, ALICE, work.operation.attempt, "story-worker/test"))
        async with asyncio.timeout(20):
            assert await asyncio.gather(*waits) == ["done"] * 3
    assert time.monotonic() - began < 1.5 * resync + 2.0  # and the machine may be slow


async def test_a_gateway_that_ends_answers_who_waits(both: Both) -> None:
    waits = await both.waits(await both.gateway.begin())
    await _open(both, waits)
    began = time.monotonic()
    assert await both.gateway.stop() == 0
    async with asyncio.timeout(20):
        assert await asyncio.gather(*waits) == ["not"] * 3
    assert time.monotonic() - began < 30, "far less than the minute for which they asked"


async def test_an_address_that_is_taken_is_not_shared(both: Both, environment: dict[str, str]) -> None:
    async with aio.insecure_channel(both.grpc) as channel:
        await asyncio.wait_for(channel.channel_ready(), 20)
    with pytest.raises(AssertionError, match="the gateway ended"):
        async with running(environment | {"STORYREEL_GATEWAY_GRPC_LISTEN": both.grpc}):
            pytest.fail("a second gateway listens on the same address")
