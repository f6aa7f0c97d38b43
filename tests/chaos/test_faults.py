"""Plans and the proxy: the same from the same seed, and each trouble as it says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest

from services.cli.embedded.stack import free_port
from tests.chaos.faults import Kind, plan
from tests.chaos.proxy import Proxy
from tests.chaos.stack import PARTS, WORKERS


def test_the_same_seed_gives_the_same_plan() -> None:
    assert plan(7, faults=100, every=1.0, quiet=5.0) == plan(7, faults=100, every=1.0, quiet=5.0)
    assert plan(7, faults=100, every=1.0, quiet=5.0) != plan(8, faults=100, every=1.0, quiet=5.0)


@pytest.mark.parametrize("seed", range(20))
def test_a_plan_kills_and_hangs_every_part_and_knows_every_kind(seed: int) -> None:
    drawn = plan(seed, faults=30, every=1.0, quiet=5.0)
    for kind in (Kind.KILL, Kind.HANG):
        assert {fault.part for fault in drawn if fault.kind is kind} == set(PARTS)
    assert {fault.kind for fault in drawn} == set(Kind)
    alone = [(fault, after) for fault, after in pairwise(drawn) if fault.alone]
    assert all(after.at - fault.at >= 5.0 for fault, after in alone)
    kills = [fault.part for fault, _ in alone if fault.kind is Kind.KILL]
    assert len(kills) == 3
    assert set(kills) <= set(WORKERS)
    restarts = {fault.part for fault, _ in alone if fault.kind is Kind.RESTART}
    assert restarts - set(WORKERS) == {"gateway", "models"}
    assert len(restarts & set(WORKERS)) == 1
    assert all(before.at + before.seconds < after.at for before, after in pairwise(drawn))


@asynccontextmanager
async def echo() -> AsyncIterator[tuple[Proxy, int]]:
    """A proxy before a server that sends back what it gets, and the proxy's port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(100):
                writer.write(data)
        writer.transport.abort()

    port = free_port("127.0.0.1")
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, Proxy(server.sockets[0].getsockname()[1]).listening(port) as proxy:
        yield proxy, port


async def test_a_proxy_forwards_both_ways() -> None:
    async with echo() as (_, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"boat")
        assert await reader.readexactly(4) == b"boat"
        writer.close()


async def test_a_dropped_connection_ends_and_the_next_one_works() -> None:
    async with echo() as (proxy, port):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"boat")
        await reader.readexactly(4)
        proxy.drop()
        with suppress(ConnectionError):
            assert await reader.read() == b""
        writer.close()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"boat")
        assert await reader.readexactly(4) == b"boat"
        writer.close()


async def test_a_cut_connection_stays_open_and_silent_until_it_is_healed() -> None:
    async with echo() as (proxy, port):
        proxy.cut()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"boat")
        answer = asyncio.create_task(reader.readexactly(4))
        await asyncio.wait((answer,), timeout=0.1)
        assert not answer.done()
        proxy.heal()
        assert await answer == b"boat"
        writer.close()
