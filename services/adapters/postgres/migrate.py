"""Brings a database to this release's schema: numbered SQL files, forward only, each applied once in a transaction of its own.

Any number of processes may do so at once: one works, the others wait by polling. (`pg_advisory_lock` would wait inside a
transaction, and with that snapshot deadlock a CREATE INDEX CONCURRENTLY.)
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from services.core.errors import FailedPrecondition, Unavailable

Connection = Any
"""An asyncpg connection, pooled or not: its stubs have no name for both."""

_LOCK = 0x53544F5259  # "STORY": the advisory lock of this runner
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name and its SQL."""

    version: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def migrations(folder: Traversable | None = None) -> tuple[Migration, ...]:
    """The release's migrations, or those of `folder`, in order."""
    source = folder or files(__package__) / "migrations"
    found = [
        Migration(int(file.name.split("_", 1)[0]), file.name, file.read_text(encoding="utf-8"))
        for file in source.iterdir()
        if file.name.endswith(".sql")
    ]
    return tuple(sorted(found, key=lambda migration: migration.version))


async def migrate(
    connection: Connection, wanted: Sequence[Migration] | None = None, *, wait: float = 120.0
) -> tuple[Migration, ...]:
    """Apply what is missing and return it. A database that is newer than this release is left as it is.

    Raises FailedPrecondition DATABASE_MIGRATION_CHANGED when an applied file has changed since, and Unavailable when
    another process has been migrating for longer than `wait` seconds.
    """
    wanted = migrations() if wanted is None else wanted
    if not _missing(wanted, await _applied(connection)):
        return ()
    async with _alone(connection, wait):
        await connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations ("
            " version integer PRIMARY KEY, name text NOT NULL, sha256 text NOT NULL,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        missing = _missing(wanted, await _applied(connection))
        for migration in missing:
            async with connection.transaction():
                await connection.execute(migration.sql)
                await connection.execute(
                    "INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    migration.sha256,
                )
    return missing


@asynccontextmanager
async def _alone(connection: Connection, wait: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(wait):
            while not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):  # noqa: ASYNC110 - only polling is safe
                await asyncio.sleep(_POLL_SECONDS)
    except TimeoutError as error:
        raise Unavailable("DATABASE_UNAVAILABLE") from error
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


async def _applied(connection: Connection) -> dict[int, str]:
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return {}
    rows = await connection.fetch("SELECT version, sha256 FROM schema_migrations")
    return {row["version"]: row["sha256"] for row in rows}


def _missing(wanted: Sequence[Migration], applied: dict[int, str]) -> tuple[Migration, ...]:
    for migration in wanted:
        if applied.get(migration.version, migration.sha256) != migration.sha256:
            raise FailedPrecondition("DATABASE_MIGRATION_CHANGED", name=migration.name)
    return tuple(migration for migration in wanted if migration.version not in applied)
