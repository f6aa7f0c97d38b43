"""Migrations: once each, whoever runs them, and never one that has changed."""

import asyncio
import dataclasses
import multiprocessing
from pathlib import Path

import asyncpg
import pytest

from services.adapters.postgres.database import named_queries
from services.adapters.postgres.migrate import Migration, migrate, migrations
from services.core.errors import FailedPrecondition

FIRST = Migration(1, "0001_first.sql", "CREATE TABLE first (id integer PRIMARY KEY);")
SECOND = Migration(2, "0002_second.sql", "ALTER TABLE first ADD COLUMN name text;\nCREATE TABLE second (id integer);")
BROKEN = Migration(2, "0002_broken.sql", "CREATE TABLE half (id integer); SELECT 1 / 0;")


async def applied(url: str, wanted: tuple[Migration, ...] | None = None) -> list[int]:
    connection = await asyncpg.connect(url)
    try:
        return [migration.version for migration in await migrate(connection, wanted)]
    finally:
        await connection.close()


async def fetch(url: str, query: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(query)
    finally:
        await connection.close()


async def has_table(url: str, name: str) -> bool:
    return (await fetch(url, f"SELECT to_regclass('{name}') AS found"))[0]["found"] is not None


def migrate_in_a_process(url: str) -> list[int]:
    return asyncio.run(applied(url))


async def test_each_is_applied_once(empty_postgres_url: str) -> None:
    assert await applied(empty_postgres_url, (FIRST,)) == [1]
    assert await applied(empty_postgres_url, (FIRST, SECOND)) == [2]
    assert await applied(empty_postgres_url, (FIRST, SECOND)) == []
    rows = await fetch(empty_postgres_url, "SELECT version, name, sha256 FROM schema_migrations ORDER BY version")
    assert [tuple(row) for row in rows] == [(m.version, m.name, m.sha256) for m in (FIRST, SECOND)]


async def test_six_processes_at_once_apply_each_once(empty_postgres_url: str) -> None:
    loop = asyncio.get_running_loop()
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        results = await loop.run_in_executor(None, pool.map, migrate_in_a_process, [empty_postgres_url] * 6)
    versions = [migration.version for migration in migrations()]
    assert sorted(results) == sorted([versions, *[[]] * 5])


async def test_many_tasks_at_once_apply_each_once(empty_postgres_url: str) -> None:
    results = await asyncio.gather(*(applied(empty_postgres_url, (FIRST, SECOND)) for _ in range(12)))
    assert sorted(results) == sorted([[1, 2], *[[]] * 11])


async def test_a_changed_file_is_refused(empty_postgres_url: str) -> None:
    await applied(empty_postgres_url, (FIRST,))
    changed = dataclasses.replace(FIRST, sql=FIRST.sql + " -- better")
    with pytest.raises(FailedPrecondition, match=r"0001_first\.sql"):
        await applied(empty_postgres_url, (changed, SECOND))
    assert not await has_table(empty_postgres_url, "second")


async def test_a_newer_database_is_left_as_it_is(empty_postgres_url: str) -> None:
    await applied(empty_postgres_url, (FIRST, SECOND))
    assert await applied(empty_postgres_url, (FIRST,)) == []
    assert len(await fetch(empty_postgres_url, "SELECT * FROM schema_migrations")) == 2


async def test_a_file_that_fails_leaves_nothing_of_itself_and_frees_the_lock(empty_postgres_url: str) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await applied(empty_postgres_url, (FIRST, BROKEN))
    assert not await has_table(empty_postgres_url, "half")
    assert await applied(empty_postgres_url, (FIRST, SECOND)) == [2]


def test_the_files_are_numbered_without_gaps(tmp_path: Path) -> None:
    found = migrations()
    assert [migration.version for migration in found] == list(range(1, len(found) + 1))
    (tmp_path / "0002_b.sql").write_text("SELECT 2;")
    (tmp_path / "0001_a.sql").write_text("SELECT 1;")
    (tmp_path / "README").write_text("not SQL")
    assert [(m.version, m.sql) for m in migrations(tmp_path)] == [(1, "SELECT 1;"), (2, "SELECT 2;")]


async def test_what_an_earlier_release_has_landed_counts_as_whole(empty_postgres_url: str) -> None:
    await applied(empty_postgres_url, migrations()[:1])
    await fetch(
        empty_postgres_url,
        "INSERT INTO stories (id, user_id, content, title, style, language, aspect, voice, status)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'A boat.', '', 'ink', 'en', '16:9', '', 'ready')",
    )
    await applied(empty_postgres_url)
    assert [row["storyboard_unfinished"] for row in await fetch(empty_postgres_url, "SELECT * FROM stories")] == [False]


async def test_every_named_query_fits_the_schema(postgres_url: str) -> None:
    queries = named_queries()
    names = [name for name in queries.available_queries if not name.endswith("_cursor")]
    assert len(names) > 40
    connection = await asyncpg.connect(postgres_url)
    for name in names:
        await connection.prepare(getattr(queries, name).sql)
    await connection.close()


async def test_every_tenant_table_names_its_owner(postgres_url: str) -> None:
    rows = await fetch(
        postgres_url,
        "SELECT c.relname::text AS name, EXISTS ("
        "  SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'user_id' AND a.attnotnull) AS owned"
        " FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace",
    )
    assert {row["name"] for row in rows if not row["owned"]} == {
        "artifacts",
        "schema_migrations",
        "webhook_rounds",
        "workers",
    }


async def test_claims_and_ends_go_on_while_a_newer_release_migrates(empty_postgres_url: str) -> None:
    """What the previous release's workers do reads the view and writes the table that the migrations change."""
    writing, migrating, claiming = [await asyncpg.connect(empty_postgres_url) for _ in range(3)]
    try:
        await migrate(writing, [each for each in migrations() if each.version <= 6])
        open_write = writing.transaction()
        await open_write.start()
        await writing.execute("UPDATE operations SET stage = stage")  # an index that is being built waits for it
        newer = asyncio.create_task(migrate(migrating))
        waits = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        async with asyncio.timeout(20):
            while not await writing.fetchval(waits):  # noqa: ASYNC110 -- a lock that is waited for sends no signal
                await asyncio.sleep(0.01)
            claim = asyncio.create_task(
                claiming.fetch("SELECT * FROM claim_operations(NULL, 'old', 10, 1, NULL, '{queued}', '{ready}', '{pending}')")
            )
            while await writing.fetchval(waits) < 2 and not claim.done():  # noqa: ASYNC110 -- likewise
                await asyncio.sleep(0.01)
            await open_write.commit()
            assert await claim == []
            assert [each.version for each in await newer] == [each.version for each in migrations() if each.version > 6]
    finally:
        for connection in (writing, migrating, claiming):
            await connection.close()
