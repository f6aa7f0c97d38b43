"""The way to the database: a pool, the named queries of `queries/`, and one error for every kind of being away."""

import asyncio
import functools
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiosql
import asyncpg

from services.adapters.ids import Uuid7
from services.adapters.postgres.migrate import Connection, migrate
from services.adapters.settings import StoreSettings
from services.core.errors import Unavailable

_ACQUIRE_SECONDS = 10.0
_COMMAND_SECONDS = 30.0
_CLOSE_SECONDS = 5.0
SESSION = {
    # A process that stands still in the middle of a transaction holds what others wait for: so long, and no longer.
    "idle_in_transaction_session_timeout": "10s",
    # Every query has its index. A plan that is made and kept while a table is new would scan it for as long as it grows.
    "enable_seqscan": "off",
    # For the same reason one plan serves all values of a query's parameters. Left to itself, Postgres plans many of them anew at
    # each call, which takes longer than the query: an end's statements 4 ms of 5, a claim's as much.
    "plan_cache_mode": "force_generic_plan",
}

_AWAY: tuple[type[BaseException], ...] = (
    OSError,  # TimeoutError of pool and command among them
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.TransactionRollbackError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ObjectNotInPrerequisiteStateError,  # a database that takes no connections
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,  # a primary that has just become a standby
    asyncpg.InvalidCachedStatementError,  # a newer release is migrating; the statement is prepared anew next time
)


@contextmanager
def unavailable() -> Iterator[None]:
    """Turns whatever means "not now" into Unavailable DATABASE_UNAVAILABLE."""
    try:
        yield
    except _AWAY as error:
        if isinstance(error, ValueError):
            raise  # asyncpg could not send a value: the same value again would do no better
        raise Unavailable("DATABASE_UNAVAILABLE") from error


@dataclass(frozen=True, slots=True)
class Database:
    """One process's pool. `queries` has a coroutine for each `-- name:` in `queries/*.sql`."""

    pool: "asyncpg.Pool[asyncpg.Record]"
    queries: Any
    connect: Callable[[], Awaitable[Connection]]
    new_id: Uuid7 = field(default_factory=Uuid7)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for a single statement, which commits by itself."""
        with unavailable():
            async with self.pool.acquire(timeout=_ACQUIRE_SECONDS) as connection:
                yield connection

    @asynccontextmanager
    async def listening(self, channel: str, heard: Callable[[], None]) -> AsyncIterator[Connection]:
        """A connection beside the pool's; `heard` is called for every notification on the channel, and when it is closed."""
        with unavailable():
            connection = await self.connect()
            try:
                connection.add_termination_listener(lambda _: heard())
                await connection.add_listener(channel, lambda *_: heard())
                yield connection
            finally:
                connection.terminate()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A READ COMMITTED transaction: committed at the end, rolled back on any error."""
        with unavailable():
            async with self.pool.acquire(timeout=_ACQUIRE_SECONDS) as connection, connection.transaction():
                yield connection


@asynccontextmanager
async def open_database(settings: StoreSettings, *, application: str) -> AsyncIterator[Database]:
    """Connect, bring the schema up to date, and close the pool at the end."""
    how: dict[str, Any] = {
        "timeout": _ACQUIRE_SECONDS,
        "command_timeout": _COMMAND_SECONDS,
        "server_settings": {"application_name": application, **SESSION},
    }
    with unavailable():
        pool = await asyncpg.create_pool(
            settings.database_url,
            min_size=min(2, settings.database_pool_size),
            max_size=settings.database_pool_size,
            **how,
            init=_prepare,
            reset=_keep,
        )
    try:
        with unavailable():
            async with pool.acquire(timeout=_ACQUIRE_SECONDS) as connection:
                await migrate(connection)
        yield Database(pool, named_queries(), lambda: asyncpg.connect(settings.database_url, **how))
    finally:
        await _close(pool)


@functools.cache
def named_queries() -> Any:
    """The queries of `queries/*.sql` by name; each has its text as `.sql`."""
    return aiosql.from_path(Path(__file__).parent / "queries", "asyncpg")


async def _close(pool: "asyncpg.Pool[asyncpg.Record]") -> None:
    """Close in order, but do not wait long for whoever still holds a connection."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            await pool.close()
    except _AWAY:
        pool.terminate()


async def _prepare(connection: Connection) -> None:
    encode = functools.partial(json.dumps, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    await connection.set_type_codec("jsonb", schema="pg_catalog", encoder=encode, decoder=json.loads)


async def _keep(_: Connection) -> None:
    """No session state is ever set, so the round trip that asyncpg would spend on resetting it is saved."""
