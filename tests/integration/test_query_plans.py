"""The queries on the hot path use indexes, whatever their parameters: checked on tables with some thousands of rows."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from services.adapters.postgres.database import SESSION, named_queries
from services.adapters.postgres.migrate import Connection, migrate
from services.core import lifecycle
from services.core.model import OperationStatus, ShotStatus, StoryStatus

_FILL = """
INSERT INTO stories (id, user_id, content, title, style, language, aspect, voice, status)
SELECT gen_random_uuid(), md5((n % 100)::text)::uuid, repeat('word ', 50), '', '', 'en', '16:9', '', 'ready'
FROM generate_series(1, 3000) n;

INSERT INTO shots (
    id, user_id, story_id, sequence, title, description, details, narration, prompt, camera, framing, transition, voice, bgm,
    seconds, status, seed_image, seed_video, seed_audio, seed_text
)
SELECT gen_random_uuid(), user_id, id, n, '', '', '', '', '', '', '', '', '', '', 4, 'pending', 0, 0, 0, 0
FROM stories, generate_series(1, 2) n;

INSERT INTO operations (
    id, user_id, story_id, shot_id, type, payload, status, attempt, started_at, worker, lease_expires_at, finished_at, progress,
    last_seq, announced_at
)
SELECT gen_random_uuid(), user_id, id, shot_id, CASE WHEN shot_id IS NULL THEN 'video_render' ELSE 'shot_regen' END, '{}', state,
    CASE WHEN started THEN 1 ELSE 0 END,
    CASE WHEN started THEN now() END,
    CASE WHEN started THEN 'story-worker/a' ELSE '' END,
    CASE WHEN state = 'running' THEN now() + interval '1 minute' END,
    CASE WHEN state IN ('succeeded', 'cancelled') THEN now() END,
    CASE WHEN state = 'succeeded' THEN 1 ELSE 0 END, 2, now()
FROM (
    SELECT *, state IN ('running', 'succeeded') AS started FROM (
        SELECT id, user_id, (SELECT sh.id FROM shots sh WHERE sh.story_id = numbered.id AND sh.sequence = n - 2) AS shot_id,
            CASE WHEN n = 1 AND number % 5 = 0 THEN 'running'
            WHEN n = 2 AND number % 5 = 0 THEN 'queued' WHEN n = 3 THEN 'cancelled' ELSE 'succeeded' END AS state
        FROM (SELECT id, user_id, row_number() OVER () AS number FROM stories) numbered, generate_series(1, 4) n
    ) each
) story;

INSERT INTO operation_events (operation_id, seq, user_id, story_id, kind, data)
SELECT id, n, user_id, story_id, 'step', '{}' FROM operations, generate_series(1, 2) n;

INSERT INTO idempotency_keys (user_id, key, request, operation_id, expires_at)
SELECT user_id, id::text, '', id, now() + interval '1 day' FROM operations;
"""


READ_IN_ORDER = {"operations_queued", "operations_unannounced", "operations_leased"}
"""Small partial indexes that are read from their start until there is enough."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def filled(postgres_server: str) -> AsyncIterator[Connection]:
    """A database with 3,000 stories of 100 users and 12,000 operations."""
    name = "storyreel_plans"
    admin = await asyncpg.connect(postgres_server)
    await admin.execute(f"DROP DATABASE IF EXISTS {name}")
    await admin.execute(f"CREATE DATABASE {name}")
    # As the product plans, but for one setting: a scan of a whole table must be the planner's own choice to be noticed.
    settings = SESSION | {"enable_seqscan": "on"}
    connection = await asyncpg.connect(postgres_server.rsplit("/", 1)[0] + f"/{name}", server_settings=settings)
    await migrate(connection)
    await connection.execute(_FILL)
    await connection.execute("VACUUM ANALYZE")
    yield connection
    await connection.close()
    await admin.execute(f"DROP DATABASE {name}")
    await admin.close()


async def plan_of(connection: Connection, name: str) -> dict[str, Any]:
    """The generic plan of a named query: the one that holds for all parameters."""
    return await plan_of_statement(connection, getattr(named_queries(), name).sql)


async def plan_of_statement(connection: Connection, sql: str) -> dict[str, Any]:
    count = max((int(number) for number in re.findall(r"\$(\d+)", sql)), default=0)
    await connection.execute(f"PREPARE examined AS {sql}")
    try:
        given = f"({', '.join(['NULL'] * count)})" if count else ""
        plan: dict[str, Any] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE examined{given}"))[0]["Plan"]
    finally:
        await connection.execute("DEALLOCATE examined")
    return plan


def nodes(plan: dict[str, Any], *, subplans: bool = True) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", ()):
        if subplans or child["Parent Relationship"] != "SubPlan":
            yield from nodes(child, subplans=subplans)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("query", "indexes"),
    [
        ("claimed_stories", {"stories_pkey"}),
        ("claimed_story", {"stories_by_owner"}),
        ("claimable", {"operations_queued", "operations_active", "operations_paused_creations"}),
        ("unannounced", {"operations_unannounced"}),
        ("expired", {"operations_leased"}),
        ("overdue", {"operations_deadline"}),
        ("put_back", {"operations_pkey"}),
        ("retry_operation", {"operations_by_owner"}),
        ("ask_to_pause", {"operations_by_owner"}),
        ("stories", {"stories_by_owner"}),
        ("events", {"operation_events_pkey"}),
        ("heartbeat", {"operations_by_owner"}),
        ("append_event", {"operations_by_owner"}),
        ("shots", {"shots_story_id_sequence_key"}),
        ("start_operation", {"shots_by_owner"}),
        ("replayed", {"idempotency_keys_pkey"}),
    ],
)
async def test_hot_queries_use_indexes(filled: Connection, query: str, indexes: set[str]) -> None:
    found = list(nodes(await plan_of(filled, query)))
    scanned = {node["Relation Name"] for node in found if node["Node Type"] == "Seq Scan"}
    # A table that a plan builder takes for empty may be scanned; the filled ones must not be.
    assert scanned.isdisjoint({"stories", "shots", "operations", "operation_events"}), (query, scanned)
    used = {node["Index Name"] for node in found if "Index Name" in node}
    assert indexes <= used, (query, used)
    whole = {node["Index Name"] for node in found if "Index Name" in node and "Index Cond" not in node}
    assert whole <= READ_IN_ORDER, (query, whole)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("query", ["stories"])
async def test_pages_are_read_in_order_without_sorting(filled: Connection, query: str) -> None:
    limit = await plan_of(filled, query)
    assert limit["Node Type"] == "Limit"
    assert "Sort" not in {node["Node Type"] for node in nodes(limit, subplans=False)}


@pytest.mark.asyncio(loop_scope="module")
async def test_turns_cost_what_owners_wait_and_not_what_they_have(filled: Connection) -> None:
    """From owner to owner in an index, and then a few rows of each: never a scan of the queue, nor of what has ended."""
    among = "SELECT f.* FROM waiting_owners w, fairest_among(ARRAY[w.user_id], ARRAY[w.running], $1, $2, $3) f"
    found = list(nodes(await plan_of_statement(filled, among)))
    scans = [node for node in found if "Relation Name" in node and node["Relation Name"] == "operations"]
    assert scans
    assert {node["Node Type"] for node in scans} <= {"Index Scan", "Index Only Scan", "Bitmap Heap Scan"}
    assert {node["Index Name"] for node in found if "Index Name" in node} <= {
        "turns_pkey",
        "operations_waiting",
        "operations_running",
        "operations_active",
        "operations_paused_creations",
    }
    whole = [node["Index Name"] for node in found if "Index Name" in node and "Index Cond" not in node]
    assert whole == ["operations_waiting"], "only the first owner is where the index begins"


_FILLED = ["stories", "shots", "operations", "operation_events"]
_READ = """
SELECT coalesce(sum(seq_scan), 0)::integer AS scans, coalesce(sum(idx_tup_fetch + seq_tup_read), 0)::integer AS rows
FROM pg_stat_xact_user_tables WHERE relname = ANY($1)
"""
_STATES = lifecycle.sources(lifecycle.OPERATION, OperationStatus.SUCCEEDED)


@pytest_asyncio.fixture(loop_scope="module")
async def undone(filled: Connection) -> AsyncIterator[Connection]:
    """The filled database in a transaction that is rolled back; its statistics count what is read in it."""
    transaction = filled.transaction()
    await transaction.start()
    yield filled
    await transaction.rollback()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("query", ["finish_operations", "end_operations"])
async def test_ends_read_what_they_end_and_no_more(undone: Connection, query: str) -> None:
    """The statements within the functions are planned where nobody explains them: what they read is counted instead."""
    running = await undone.fetch(
        "SELECT id, user_id, attempt, worker FROM operations WHERE status = 'running' AND type = 'video_render' ORDER BY id LIMIT 8"
    )
    sources = {
        "sources": _STATES,
        "ready_sources": lifecycle.sources(lifecycle.STORY, StoryStatus.READY),
        "failed_sources": lifecycle.sources(lifecycle.STORY, StoryStatus.FAILED),
        "shot_done_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.DONE),
        "shot_failed_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.FAILED),
        "shot_pending_sources": lifecycle.sources(lifecycle.SHOT, ShotStatus.PENDING),
    }
    given: dict[str, Any] = {"operation_ids": [row["id"] for row in running]}
    if query == "finish_operations":
        given |= {"user_ids": [row["user_id"] for row in running], "attempts": [row["attempt"] for row in running]}
        given |= {"workers": [row["worker"] for row in running]}
    else:
        given |= {"status": "succeeded", "failure": None, "data": "{}"}
    before = await undone.fetchrow(_READ, _FILLED)
    found = [row async for row in getattr(named_queries(), query)(undone, **given, **sources)]
    ended = [row for row in found if row["status"] == "succeeded"]
    assert {row["id"] for row in ended} == {row["id"] for row in running}
    freed = {row["story_id"] for row in found if row["status"] == "queued"}
    assert freed, "of some of these stories a regenerate has been waiting"
    assert freed <= {row["story_id"] for row in ended}
    after = await undone.fetchrow(_READ, _FILLED)
    assert after["scans"] == before["scans"]
    assert after["rows"] - before["rows"] < 25 * len(running)


@pytest.mark.asyncio(loop_scope="module")
async def test_creations_read_no_table(undone: Connection) -> None:
    owner = await undone.fetchval("SELECT user_id FROM operations WHERE status = 'queued' LIMIT 1")
    wanted: list[dict[str, Any]] = [
        {
            "story_id": str(uuid4()),
            "operation_id": str(uuid4()),
            "user_id": str(owner),
            "content": "A boat.",
            "title": "",
            "style": "",
        }
        | {"language": "en", "aspect": "16:9", "voice": "", "shot_count": 1, "payload": {}, "key": None, "request": None}
        | {"key_seconds": 60.0, "cancel_after": None, "priority": 0, "most_queued": most}
        for most in (None, 1000, 1)
    ]
    before = await undone.fetchrow(_READ, _FILLED)
    found = [row async for row in named_queries().create_stories(undone, wanted=json.dumps(wanted))]
    assert len(found) == 2, "the third finds its owner's queue full"
    after = await undone.fetchrow(_READ, _FILLED)
    assert after["scans"] == before["scans"]
    assert after["rows"] - before["rows"] < 100
