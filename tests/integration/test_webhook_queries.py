"""What only the real store can show of webhooks: claims that race, transactions, and what the statements cost among many rows."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.adapters.postgres.database import named_queries
from services.adapters.postgres.migrate import Connection
from services.adapters.postgres.store import PostgresStore
from services.core import webhooks
from services.core.webhooks import DeliveryState, Dispatch, NewWebhook, Verdict, Webhook
from tests.contract.store_steps import claim_of, claimed, drafted_story, new_story, picture, someone

DONE = Verdict(DeliveryState.DELIVERED, 204)
ENDPOINTS, WAITING = 200, 100
FILL = """
INSERT INTO webhooks (id, user_id, url, description, event_types, enabled, secret)
SELECT uuid7(now()), md5((n % 50)::text)::uuid, 'https://example.com/', '', '{shot.landed}', true, 'whsec_'
FROM generate_series(1, $1) n
"""
DELIVERIES = """
INSERT INTO webhook_deliveries (user_id, webhook_id, event_id, event_type, event_at, data, next_at)
SELECT user_id, id, 'evt', 'shot.landed', now(), '{}', now() + make_interval(secs => n % 10 - 5)
FROM webhooks, generate_series(1, $1) n
"""
ENDED = """
INSERT INTO webhook_deliveries (
    id, user_id, webhook_id, event_id, event_type, event_at, data, state, attempt, sent_at, finished_at, next_at, created_at
)
SELECT uuid7(now() - make_interval(days => n / 2)), user_id, id, 'evt', 'shot.landed', now(), '{}', 'delivered', 1, now(), now(),
    NULL, now()
FROM webhooks, generate_series(1, $1) n
"""


async def endpoint(store: PostgresStore, user: Any = None) -> Webhook:
    return (
        await store.create_webhook(user or someone(), NewWebhook(url="https://example.com/"), webhooks.new_secret(), most=9)
    ).webhook


async def take(store: PostgresStore, limit: int = 100, *, webhook: int = 100, user: int = 100) -> tuple[Dispatch, ...]:
    return tuple(await store.claim_deliveries("story-worker/a", 60.0, limit=limit, per_webhook=webhook, per_user=user))


@pytest_asyncio.fixture
async def sql(postgres_url: str) -> AsyncIterator[Connection]:
    """A connection beside the store's."""
    connection = await asyncpg.connect(postgres_url)
    yield connection
    await connection.close()


async def test_claims_that_race_share_and_keep_to_their_bounds(store: PostgresStore) -> None:
    alice = someone()
    hooks = [await endpoint(store, alice) for _ in range(3)]
    for hook in hooks:
        for _ in range(10):
            await store.try_webhook(alice, hook.id)
    seen = Counter[Any]()
    for _ in range(30):
        rounds = await asyncio.gather(*(take(store, 4, webhook=3, user=5) for _ in range(8)))
        held = [dispatch for claimed in rounds for dispatch in claimed]
        assert len(held) <= 5
        assert max(Counter(dispatch.delivery.webhook_id for dispatch in held).values(), default=0) <= 3
        seen.update(dispatch.delivery.id for dispatch in held)
        await asyncio.gather(*(store.settle_delivery(dispatch, DONE) for dispatch in held))
    assert (len(seen), set(seen.values())) == (30, {1})


async def test_a_delivery_is_there_exactly_when_its_event_is(store: PostgresStore, sql: Connection) -> None:
    tale, claim, shots = await drafted_story(store)
    hook = await endpoint(store, tale.user)
    transaction = sql.transaction()
    await transaction.start()
    await sql.execute(
        "INSERT INTO operation_events (operation_id, seq, user_id, story_id, kind, data)"
        " VALUES ($1, 99, $2, $3, 'succeeded', '{}')",
        tale.operation.id,
        tale.user,
        tale.story_id,
    )
    assert await sql.fetchval("SELECT count(*) FROM webhook_deliveries") == 1
    assert await store.deliveries(tale.user, hook.id, limit=9) == ()
    await transaction.rollback()
    assert await store.deliveries(tale.user, hook.id, limit=9) == ()
    await store.land_shot(claim, picture(shots[0], "first"))
    assert len(await store.deliveries(tale.user, hook.id, limit=9)) == 1


async def test_an_operation_ends_beside_a_change_of_its_owners_endpoints(store: PostgresStore, sql: Connection) -> None:
    """Neither a deletion under way nor one that has just happened holds back, or breaks, the transaction that ends an operation."""
    tale = await new_story(store)
    hook = await endpoint(store, tale.user)
    claim = claim_of(await claimed(store, tale.operation.id))
    async with sql.transaction():
        await sql.execute("DELETE FROM webhooks WHERE id = $1", hook.id)
        async with asyncio.timeout(5):
            await store.finish(claim)
    assert await sql.fetchval("SELECT count(*) FROM webhook_deliveries WHERE webhook_id = $1", hook.id) == 1
    assert await take(store) == ()  # an orphan is never sent, and pruned in time


async def test_more_endpoints_than_one_claim_looks_at_are_all_served_in_rounds(store: PostgresStore, sql: Connection) -> None:
    await sql.execute(FILL, 1100)
    await sql.execute(DELIVERIES.replace("n % 10 - 5", "-n"), 1)
    rounds: list[int] = []
    while len(rounds) < 4 and (not rounds or rounds[-1] > 0):
        claimed = await take(store, 2000, user=2000)
        rounds.append(len(claimed))
        await asyncio.gather(*(store.settle_delivery(dispatch, DONE) for dispatch in claimed))
    assert rounds == [500, 500, 100, 0]


async def test_a_claim_does_not_wait_for_rows_that_others_hold(store: PostgresStore, sql: Connection) -> None:
    hook = await endpoint(store)
    for _ in range(2):
        await store.try_webhook(hook.user_id, hook.id)
    async with sql.transaction():
        held = await sql.fetchval("SELECT id FROM webhook_deliveries LIMIT 1 FOR UPDATE")
        async with asyncio.timeout(5):
            (free,) = await take(store)
    assert free.delivery.id != held


async def test_ids_of_the_database_are_version_7_and_grow_with_time(sql: Connection) -> None:
    ids = [
        row["id"] for row in await sql.fetch("SELECT uuid7(now() + make_interval(secs => n)) AS id FROM generate_series(1, 20) n")
    ]
    assert ids == sorted(ids)
    assert {(id_.version, id_.variant) for id_ in ids} == {(7, "specified in RFC 4122")}


async def test_old_deliveries_are_pruned_by_the_sweeper(store: PostgresStore, sql: Connection) -> None:
    await sql.execute(FILL, 2)
    await sql.execute(ENDED, 100)  # two for each of the last fifty days
    await store.sweep(announce_after=60.0)
    assert await sql.fetchval("SELECT count(*) FROM webhook_deliveries") == 2 * 59  # of today one each, of thirty days none
    await store.sweep(announce_after=60.0)
    assert await sql.fetchval("SELECT count(*) FROM webhook_deliveries") == 2 * 59


async def test_what_is_asked_often_costs_a_few_pages_among_many_rows(store: PostgresStore, sql: Connection) -> None:
    await sql.execute(FILL, ENDPOINTS)
    await sql.execute(DELIVERIES, WAITING)
    await sql.execute(ENDED, WAITING)
    await sql.execute("VACUUM ANALYZE webhook_deliveries, webhooks")
    rows = await sql.fetchval("SELECT count(*) FROM webhook_deliveries")
    pages = await sql.fetchval("SELECT relpages FROM pg_class WHERE relname = 'webhook_deliveries'")
    assert rows == ENDPOINTS * WAITING * 2
    some = await sql.fetchrow("SELECT user_id, id FROM webhooks LIMIT 1")
    queries = named_queries()
    before = "ffffffff-ffff-ffff-ffff-ffffffffffff"
    listed = await _pages(sql, queries.deliveries.sql, some["user_id"], some["id"], before, None, 50)
    assert listed < WAITING * 2 + 20 < pages  # at most what there is of one endpoint
    # Each endpoint that something waits for costs a look into the index and its first few rows, and no more, however much waits.
    claimed = await _pages(sql, queries.claim_deliveries.sql, "story-worker/a", 60.0, 32, 8, 16)
    assert claimed < ENDPOINTS * 40
    settled = await _pages(sql, queries.settle_delivery.sql, "delivered", 204, None, 0.0, some["user_id"], before, 1)
    assert settled < 20


@pytest.mark.parametrize("name", ["webhooks", "deliveries", "delivery", "settle_delivery", "prune_deliveries"])
async def test_no_statement_reads_a_whole_table(sql: Connection, name: str) -> None:
    await sql.execute(FILL, 2000)
    await sql.execute(ENDED, 5)
    await sql.execute("VACUUM ANALYZE webhook_deliveries, webhooks")
    await sql.execute("SET plan_cache_mode = force_generic_plan")
    statement = getattr(named_queries(), name).sql
    await sql.execute(f"PREPARE examined AS {statement}")
    count = max(number for number in range(1, 12) if f"${number}" in statement)
    text = "\n".join(row[0] for row in await sql.fetch(f"EXPLAIN EXECUTE examined({', '.join(['NULL'] * count)})"))
    assert "Seq Scan" not in text, text


async def _pages(connection: Connection, statement: str, *given: Any) -> int:
    """How many pages a statement looks at; it is rolled back."""
    transaction = connection.transaction()
    await transaction.start()
    try:
        found = await connection.fetchval(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", *given)
    finally:
        await transaction.rollback()
    plan = json.loads(found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
