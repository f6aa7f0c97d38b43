"""What only the real store can show: the database's own rules, time that passes, and the database going away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.adapters.postgres.database import open_database
from services.adapters.postgres.migrate import Connection
from services.adapters.postgres.rows import Row
from services.adapters.postgres.store import PostgresStore, open_store
from services.adapters.settings import StoreSettings
from services.core import lifecycle
from services.core.commands import Idempotency, PatchShot
from services.core.errors import NotFound, Unavailable
from services.core.model import OperationStatus, OperationType, Shot, ShotStatus, StoryStatus
from services.core.ports import Claim, Wish
from tests.contract.store_steps import (
    FAILURE,
    LEASE,
    claim_of,
    claimed,
    drafted_story,
    film,
    new_story,
    picture,
    ready_story,
    someone,
    start,
    story_command,
)


@pytest_asyncio.fixture
async def sql(postgres_url: str) -> AsyncIterator[Connection]:
    """A connection beside the store's."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


@pytest.mark.parametrize(("a", "b", "same_shot"), [*product(OperationType, OperationType, (False, True))])
async def test_sql_and_python_agree_on_conflicts(sql: Connection, a: OperationType, b: OperationType, same_shot: bool) -> None:
    found = await sql.fetchval("SELECT conflicts($1, $2, $3)", a.value, b.value, same_shot)
    assert found is lifecycle.conflicts(a, b, same_shot=same_shot)


async def test_the_statuses_of_the_checks_are_the_models(sql: Connection) -> None:
    checks = await sql.fetch(
        "SELECT conrelid::regclass::text AS entity, pg_get_constraintdef(oid) AS definition FROM pg_constraint"
        " WHERE contype = 'c' AND conname LIKE '%_status_check'"
    )
    tables: dict[str, set[str]] = {
        "operations": {status.value for status in OperationStatus},
        "stories": {status.value for status in StoryStatus},
        "shots": {status.value for status in ShotStatus},
    }
    assert {check["entity"] for check in checks} == set(tables)
    for check in checks:
        named = {word for word in check["definition"].split("'") if word.isalpha()} - {"text"}
        assert named == tables[check["entity"]]


async def test_a_wish_to_pause_outlives_a_worker_of_the_release_before(store: PostgresStore, sql: Connection) -> None:
    tale = await new_story(store)
    await claimed(store, tale.operation.id)
    await store.request_pause(tale.user, tale.operation.id)
    await sql.execute("UPDATE operations SET status = 'queued', worker = '', lease_expires_at = NULL")  # it knows of no such wish

    claim = claim_of(await claimed(store, tale.operation.id))
    assert await store.heartbeat(claim, LEASE, progress=0.0, stage="") is Wish.PAUSE
    assert (await store.requeue(claim, None, 0.0)).operation.status is OperationStatus.PAUSED


async def test_a_lease_that_was_never_set_counts_as_expired(store: PostgresStore, sql: Connection) -> None:
    tale = await new_story(store)
    await claimed(store, tale.operation.id)
    await sql.execute("UPDATE operations SET lease_expires_at = NULL WHERE id = $1", tale.operation.id)
    swept = await store.sweep(announce_after=LEASE)
    assert swept is not None
    assert [event.kind for event in swept.events] == ["lease_expired"]


async def test_only_one_sweeps_at_a_time(store: PostgresStore, sql: Connection) -> None:
    async with sql.transaction():
        await sql.fetchval("SELECT pg_advisory_xact_lock($1)", int.from_bytes(b"SWEEP"))
        assert await store.sweep(announce_after=0.0) is None
    assert await store.sweep(announce_after=0.0) is not None


async def test_an_idempotency_key_lasts_a_day(store: PostgresStore, sql: Connection) -> None:
    user, key = someone(), Idempotency("k", "digest")
    first = await store.create_story(user, story_command(), key)
    left = await sql.fetchval("SELECT extract(epoch FROM expires_at - now()) FROM idempotency_keys")
    assert left == pytest.approx(24 * 3600, abs=60)

    await sql.execute("UPDATE idempotency_keys SET expires_at = now()")
    second = await store.create_story(user, story_command("Other words."), Idempotency("k", "another digest"))
    assert not second.replayed
    assert second.operation.id != first.operation.id
    await sql.execute("UPDATE idempotency_keys SET expires_at = now()")
    await store.sweep(announce_after=LEASE)
    assert await sql.fetchval("SELECT count(*) FROM idempotency_keys") == 0


async def test_workers_that_are_long_gone_are_forgotten(store: PostgresStore, sql: Connection) -> None:
    await store.beat("story-worker/old")
    await sql.execute("UPDATE workers SET beat_at = now() - interval '2 days'")
    await store.beat("story-worker/new")
    await store.sweep(announce_after=LEASE)
    assert [row["name"] for row in await sql.fetch("SELECT name FROM workers")] == ["story-worker/new"]


@pytest.mark.parametrize(
    "change",
    [
        "status = 'succeeded'",
        "status = 'failed', finished_at = now()",
        "failure = '{}', status = 'cancelled', finished_at = now()",
        "finished_at = now()",
        "status = 'running'",
        "status = 'running', attempt = 1, started_at = now()",
        "status = 'running', attempt = 1, worker = 'story-worker/a'",
        "started_at = now()",
        "attempt = -1",
        "failures = 1",
        "losses = 1",
        "progress = 1.5",
        "lease_expires_at = now()",
        "cancel_requested_at = now()",
        "type = 'shot_regen'",
        "status = 'lost'",
        "status = 'succeeded', finished_at = now(), attempt = 1, started_at = now()",
    ],
)
async def test_the_database_refuses_operations_that_cannot_be(store: PostgresStore, sql: Connection, change: str) -> None:
    tale = await new_story(store)
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.execute(f"UPDATE operations SET {change} WHERE id = $1", tale.operation.id)  # noqa: S608 - the test's own


@pytest.mark.parametrize("change", ["status = 'done'", "sequence = 0", "seconds = -1", "seed_image = -1", "revision = 0"])
async def test_the_database_refuses_shots_that_cannot_be(store: PostgresStore, sql: Connection, change: str) -> None:
    _, _, shots = await drafted_story(store)
    with pytest.raises(asyncpg.CheckViolationError):
        await sql.execute(f"UPDATE shots SET {change} WHERE id = $1", shots[0].id)  # noqa: S608 - the test's own


async def test_the_database_refuses_two_shots_in_one_place(store: PostgresStore, sql: Connection) -> None:
    tale, _, _ = await drafted_story(store)
    with pytest.raises(asyncpg.UniqueViolationError):
        await sql.execute("UPDATE shots SET sequence = 1 WHERE story_id = $1", tale.story_id)


@pytest.mark.parametrize("table", ["shots", "operations", "assets"])
async def test_no_row_hangs_on_another_users_story(store: PostgresStore, sql: Connection, table: str) -> None:
    tale, _, _ = await drafted_story(store)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await sql.execute(f"UPDATE {table} SET user_id = $1 WHERE story_id = $2", uuid4(), tale.story_id)  # noqa: S608


async def test_a_database_that_is_away_is_unavailable_and_comes_back(
    store: PostgresStore, postgres_url: str, postgres_server: str
) -> None:
    tale, claim, shots = await drafted_story(store)
    name = postgres_url.rsplit("/", 1)[-1]
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)

    for call in (
        store.ready,
        lambda: store.create_story(tale.user, story_command()),
        lambda: store.stories(tale.user, limit=1),
        lambda: store.operation(tale.user, tale.operation.id),
        lambda: store.claim(tale.operation.id, "story-worker/a", LEASE),
        lambda: store.heartbeat(claim, LEASE, progress=0.5, stage=""),
        lambda: store.land_shot(claim, picture(shots[0], "one")),
        lambda: store.fail(claim, FAILURE),
        lambda: store.sweep(announce_after=0.0),
        lambda: store.mark_announced([tale.operation.id]),
    ):
        with pytest.raises(Unavailable) as away:
            await call()
        assert away.value.reason == "DATABASE_UNAVAILABLE"

    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await admin.close()
    await store.ready()
    assert (await store.operation(tale.user, tale.operation.id)).status is OperationStatus.RUNNING
    await store.fail(claim, FAILURE)


async def test_a_store_cannot_be_opened_where_there_is_no_database() -> None:
    with pytest.raises(Unavailable):
        async with open_store(StoreSettings(database_url="postgresql://nobody@127.0.0.1:1/none")):
            pytest.fail("it opened")


async def test_everything_at_once_on_one_story_never_waits_in_a_circle(store: PostgresStore) -> None:
    tale, shots = await ready_story(store)
    kinds = [(OperationType.SHOT_REGEN, shot.id) for shot in shots] + [(OperationType.VIDEO_RENDER, None)]
    running = [claim_of(await claimed(store, (await start(store, tale, *kind)).id)) for kind in kinds]
    waiting = [(await start(store, tale, *kind)).id for kind in kinds * 2]

    async def attempt(claim: Claim, shot: Shot) -> None:
        for number in range(5):
            await store.heartbeat(claim, LEASE, progress=number / 5, stage="")
            await store.land_shot(claim, picture(shot, f"{claim.operation_id} {number}", revises=True))
            await store.append_event(claim, "step_finished", {})
        await store.finish(claim)

    async def owner() -> None:
        for number, operation_id in enumerate(waiting[:3]):
            await store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(title=f"take {number}"))
            await store.mark_announced(waiting)
            await store.request_cancel(tale.user, operation_id)
            await store.sweep(announce_after=0.0)
            await store.claim(operation_id, "story-worker/b", LEASE)
            await start(store, tale, OperationType.VIDEO_RENDER)

    # A deadlock would come out of the store as Unavailable.
    await asyncio.gather(*(attempt(claim, shots[n % 2]) for n, claim in enumerate(running)), owner(), owner())

    assert {(await store.operation(tale.user, claim.operation_id)).status for claim in running} == {OperationStatus.SUCCEEDED}
    assert (await store.shot(tale.user, tale.story_id, shots[1].id)).revision == shots[1].revision + 5


class Interrupted:
    """The named queries, with something done by somebody else just before a story's shots are read."""

    def __init__(self, queries: Any, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self._queries = queries
        self._meanwhile = meanwhile

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queries, name)

    async def shots(self, connection: Connection, **which: Any) -> AsyncIterator[Row]:
        await self._meanwhile()
        async for row in self._queries.shots(connection, **which):
            yield row


async def test_an_edit_during_a_claim_is_in_all_that_the_attempt_works_on_or_in_nothing(
    store: PostgresStore, postgres_url: str
) -> None:
    tale, shots = await ready_story(store)
    render = await start(store, tale, OperationType.VIDEO_RENDER)
    revision = (await store.story(tale.user, tale.story_id)).revision

    def edit() -> Awaitable[Shot]:
        return store.patch_shot(tale.user, tale.story_id, shots[0].id, PatchShot(narration="Thunder."))

    async with open_database(StoreSettings(database_url=postgres_url), application="storyreel") as database:
        worker = PostgresStore(replace(database, queries=Interrupted(database.queries, edit)))
        work = await claimed(worker, render.id)
        await store.finish(claim_of(work), film=film(work.story.revision))

    assert (work.story.revision, work.shots) == (revision, shots)
    edited = await store.story(tale.user, tale.story_id)
    assert (edited.revision, edited.film_stale) == (revision + 1, True)


async def test_a_transaction_that_fails_leaves_nothing(store: PostgresStore, sql: Connection) -> None:
    tale, claim, shots = await drafted_story(store)
    await sql.execute("ALTER TABLE operation_events ADD CONSTRAINT no_landing CHECK (kind <> 'shot_landed') NOT VALID")
    with pytest.raises(asyncpg.CheckViolationError):
        await store.land_shot(claim, picture(shots[0], "one", revises=True))
    assert await store.shots(tale.user, tale.story_id) == shots
    assert [v.number for v in await store.shot_versions(tale.user, tale.story_id, shots[0].id)] == [1]


async def test_a_shot_that_goes_while_an_operation_on_it_is_asked_for_is_simply_not_there(
    store: PostgresStore, sql: Connection
) -> None:
    tale, _, shots = await drafted_story(store)
    async with sql.transaction():
        await sql.execute("SELECT FROM stories WHERE id = $1 FOR NO KEY UPDATE", tale.story_id)
        await sql.execute("DELETE FROM shots WHERE id = $1", shots[1].id)
        asked = asyncio.create_task(start(store, tale, OperationType.SHOT_REGEN, shots[1].id))
        await _blocked(sql)
    with pytest.raises(NotFound) as caught:
        await asked
    assert caught.value.reason == "SHOT_NOT_FOUND"
    assert len(await store.operations(tale.user, limit=10)) == 1


async def _blocked(sql: Connection) -> None:
    """Returns when another session of this database waits for a lock."""
    waits = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        " AND pid <> pg_backend_pid())"
    )
    while not await sql.fetchval(waits):
        await sql.execute("SELECT pg_stat_clear_snapshot()")
