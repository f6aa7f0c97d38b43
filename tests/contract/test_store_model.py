"""The lifecycle under every order of events that hypothesis can think of: the twin alone, then Postgres and the twin alike."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from services.adapters.memory.store import MemoryStore
from services.adapters.postgres.database import open_database
from services.adapters.postgres.store import PostgresStore
from services.adapters.settings import StoreSettings
from tests.contract.store_bench import Bench, Clock, Ids, Subject
from tests.contract.store_model import Lifecycle
from tests.invariants import Snapshot, memory_snapshot, postgres_snapshot

STANDING_CLOCK = """
CREATE TABLE test_clock (at timestamptz NOT NULL);
INSERT INTO test_clock VALUES ('epoch');
CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql STABLE RETURN (SELECT at FROM public.test_clock);
CREATE FUNCTION statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE RETURN (SELECT at FROM public.test_clock);
"""
"""Put before Postgres's own functions of these names, in the search path of the one database: the product's SQL stays as it is."""

STEPS = settings(
    max_examples=max(10, settings().max_examples // 2),
    stateful_step_count=40,
    phases=set(Phase) - {Phase.explain},  # what is shrunk is short enough to be understood
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as own:
        yield own


def _machine(bench: Bench) -> type[RuleBasedStateMachine]:
    class OnThisBench(Lifecycle):
        def __init__(self) -> None:
            super().__init__(bench)

    return OnThisBench


def twin(clock: Clock) -> Subject:
    store = MemoryStore(clock)
    tables = store._db
    ids = Ids()
    object.__setattr__(tables, "new_id", ids)

    async def clear() -> None:
        for rows in (tables.stories, tables.deleted, tables.shots, tables.versions, tables.operations, tables.events):
            rows.clear()
        tables.artifacts.clear()
        tables.idempotency.clear()

    async def snapshot() -> Snapshot:
        return memory_snapshot(tables)

    async def tick(_: datetime) -> None:
        """It asks the clock itself."""

    return Subject("twin", store, ids, snapshot, clear, tick)


async def real(stack: AsyncExitStack, url: str) -> Subject:
    """The real store on a database whose clock stands still."""
    name = f"storyreel_model_{uuid4().hex}"
    server = await asyncpg.connect(url)
    stack.push_async_callback(server.close)
    await server.execute(f"CREATE DATABASE {name}")
    stack.push_async_callback(server.execute, f"DROP DATABASE {name} WITH (FORCE)")
    await server.execute(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    own_url = urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
    clock = await asyncpg.connect(own_url)
    stack.push_async_callback(clock.close)
    await clock.execute(STANDING_CLOCK)
    settings = StoreSettings(database_url=own_url, database_pool_size=2)
    database = await stack.enter_async_context(open_database(settings, application="model"))
    ids = Ids()
    object.__setattr__(database, "new_id", ids)

    async def clear() -> None:
        await clock.execute("DELETE FROM stories; DELETE FROM artifacts; DELETE FROM idempotency_keys")

    async def tick(at: datetime) -> None:
        await clock.execute("UPDATE test_clock SET at = $1", at)

    async def snapshot() -> Snapshot:
        async with database.connection() as connection:
            return await postgres_snapshot(connection)

    return Subject("postgres", PostgresStore(database), ids, snapshot, clear, tick)


def test_the_twin_keeps_every_promise_in_any_order_of_events(runner: asyncio.Runner) -> None:
    clock = Clock()
    bench = Bench([twin(clock)], clock, runner.run)
    run_state_machine_as_test(_machine(bench), settings=settings(STEPS, max_examples=STEPS.max_examples * 2))


def test_postgres_keeps_every_promise_and_does_as_the_twin_in_any_order_of_events(
    runner: asyncio.Runner, postgres_server: str
) -> None:
    clock = Clock()
    stack = AsyncExitStack()
    try:
        postgres = runner.run(real(stack, postgres_server))
        bench = Bench([postgres, twin(clock)], clock, runner.run)
        run_state_machine_as_test(_machine(bench), settings=STEPS)
    finally:
        runner.run(stack.aclose())
