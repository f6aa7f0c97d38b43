"""A database with any number of operations, as a service that has run for a month leaves it: for plans and for benchmarks.

Half of the operations are one owner's, the other half those of a thousand others. Nearly all have ended: nine of ten succeeded,
the rest failed or were cancelled. What has not ended is of the last minutes, and as much however long the service has run.
"""

from uuid import UUID

from services.adapters.postgres.migrate import Connection
from services.core.model import UserId

BUSIEST = UserId(UUID(int=0))
"""The owner of half of the operations."""
QUEUED = 200
RUNNING = 40
PAUSED = 10

_STORIES = """
INSERT INTO stories (id, user_id, created_at, content, title, style, language, aspect, voice, status)
SELECT uuidv7(make_interval(secs => -age)), CASE WHEN hashint8(n) % 2 = 0 THEN $2::uuid ELSE md5((n % 1000)::text)::uuid END,
    now() - make_interval(secs => age), 'A story.', '', '', 'en', '16:9', '', 'ready'
FROM (SELECT n, 2592000.0 * ($1::bigint - n) / $1::bigint + 600 AS age FROM generate_series(1, $1::bigint) n) each
"""
_OPERATIONS = """
WITH numbered AS (
    SELECT id AS story_id, user_id, created_at AS at, row_number() OVER (ORDER BY id DESC) AS n FROM stories
), shaped AS (
    SELECT *, CASE
        WHEN n <= $1 THEN 'queued' WHEN n <= $1 + $2 THEN 'running' WHEN n <= $1 + $2 + $3 THEN 'paused'
        WHEN n % 20 = 0 THEN 'failed' WHEN n % 20 = 10 THEN 'cancelled' ELSE 'succeeded' END AS status
    FROM numbered
), lived AS (
    SELECT *, status IN ('succeeded', 'failed', 'cancelled') AS ended, status IN ('succeeded', 'failed', 'running') AS started
    FROM shaped
)
INSERT INTO operations (
    id, user_id, story_id, type, payload, status, created_at, updated_at, run_after, attempt, worker, progress, failure, priority,
    started_at, finished_at, lease_expires_at, cancel_requested_at, announced_at, last_seq
)
SELECT story_id, user_id, story_id, CASE n % 3 WHEN 0 THEN 'video_render' ELSE 'story_create' END, '{"script_content": "A story."}',
    status, at, CASE WHEN ended THEN at + interval '30 s' ELSE at END, at, started::int,
    CASE WHEN started THEN 'story-worker/' || n % 8 ELSE '' END, (status = 'succeeded')::int,
    CASE WHEN status = 'failed' THEN jsonb_build_object(
        'kind', 'engine_failed', 'reason', CASE WHEN n % 100 = 0 THEN 'PEER_TIMEOUT' ELSE 'ENGINE_FAILED' END,
        'message', 'It broke.', 'retryable', false, 'params', jsonb_build_object()) END,
    CASE WHEN n % 50 = 0 THEN 5 ELSE 0 END,
    CASE WHEN started THEN at + make_interval(secs => n % 7) END, CASE WHEN ended THEN at + interval '30 s' END,
    CASE WHEN status = 'running' THEN now() + interval '1 hour' END, CASE WHEN status = 'cancelled' THEN at END, at, 1
FROM lived
"""
_EVENTS = """
INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
SELECT id, 1, user_id, story_id, created_at, 'queued', '{}' FROM operations
"""
_INDEXES = """
SELECT i.indexrelid::regclass AS name, pg_get_indexdef(i.indexrelid) AS definition FROM pg_index i
WHERE i.indrelid = 'operations'::regclass AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


async def fill(connection: Connection, operations: int) -> None:
    """Fill an empty, migrated database; each operation has a story of its own, with the same id, and one event."""
    async with connection.transaction():
        await connection.execute("SET LOCAL session_replication_role = replica")  # every row refers to one that is there
        await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        await connection.execute(_STORIES, operations, BUSIEST)
        indexes = await connection.fetch(_INDEXES)
        for index in indexes:  # made anew at the end: several times as fast as row by row
            await connection.execute(f"DROP INDEX {index['name']}")
        await connection.execute(_OPERATIONS, QUEUED, RUNNING, PAUSED)
        await connection.execute(_EVENTS)
        for index in indexes:
            await connection.execute(index["definition"])
    await connection.execute("VACUUM ANALYZE")
