-- name: start_operation(operation_id, user_id, story_id, shot_id, type, payload, key, request, key_seconds, cancel_after, priority, most_queued)^
-- A queued operation on a story that is there, its first event and the idempotency key. The story is locked against being
-- deleted meanwhile. No row when the key is taken, when story or shot are not there, or when the owner's queue is full.
WITH target AS (
    SELECT s.id FROM stories s
    WHERE s.user_id = :user_id AND s.id = :story_id AND s.deleted_at IS NULL
      AND (:shot_id::uuid IS NULL OR EXISTS (
          SELECT FROM shots sh WHERE sh.user_id = :user_id AND sh.story_id = :story_id AND sh.id = :shot_id
      ))
    FOR SHARE OF s
), room AS MATERIALIZED (
    SELECT target.id FROM target
    WHERE queue_alone(:user_id, coalesce(:most_queued::integer, 0)) < coalesce(:most_queued::integer, 1)
), key AS (
    INSERT INTO idempotency_keys (user_id, key, request, operation_id, expires_at)
    SELECT :user_id::uuid, :key::text, :request::text, :operation_id::uuid, statement_timestamp() + make_interval(secs => :key_seconds)
    FROM room
    WHERE :key::text IS NOT NULL
    ON CONFLICT (user_id, key) DO UPDATE
        SET request = excluded.request, operation_id = excluded.operation_id, webhook_id = NULL, expires_at = excluded.expires_at
        WHERE idempotency_keys.expires_at <= statement_timestamp()
    RETURNING expires_at
), operation AS (
    INSERT INTO operations (id, user_id, story_id, shot_id, type, payload, deadline_at, priority, last_seq)
    SELECT :operation_id::uuid, :user_id::uuid, room.id, :shot_id::uuid, :type::text, :payload::jsonb,
        statement_timestamp() + make_interval(secs => :cancel_after), :priority::smallint, 1
    FROM room
    WHERE :key::text IS NULL OR EXISTS (SELECT FROM key)
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, kind, data)
    SELECT id, last_seq, user_id, story_id, 'queued', jsonb_build_object('type', type) FROM operation
)
SELECT *, (SELECT expires_at FROM key) AS key_expires_at FROM operation;

-- name: replayed(user_id, key)^
-- The digest of what was asked for under an idempotency key in force, and the operation that it names, if it names one.
SELECT o.*, k.request, k.expires_at AS key_expires_at
FROM idempotency_keys k LEFT JOIN operations o ON o.id = k.operation_id AND o.user_id = k.user_id
WHERE k.user_id = :user_id AND k.key = :key AND k.expires_at > statement_timestamp();

-- name: operation(user_id, operation_id)^
SELECT * FROM operations WHERE user_id = :user_id AND id = :operation_id;

-- name: watched(user_ids, operation_ids)
-- Two arrays of one length: of each owner this operation, found by its id.
SELECT o.*
FROM unnest(:user_ids::uuid[], :operation_ids::uuid[]) AS asked (user_id, id)
CROSS JOIN LATERAL (SELECT * FROM operations WHERE operations.user_id = asked.user_id AND operations.id = asked.id) o;

-- name: unfinished_of_story(user_id, story_id)
SELECT * FROM operations WHERE user_id = :user_id AND story_id = :story_id AND finished_at IS NULL ORDER BY id;

-- name: events(user_id, operation_id, after, row_limit)
SELECT * FROM operation_events
WHERE user_id = :user_id AND operation_id = :operation_id AND seq > :after
ORDER BY seq
LIMIT :row_limit;

-- name: queue_alone(user_id, most)$
-- See the migrations: how many are queued, and until the end of the transaction no more by anybody else.
SELECT queue_alone(:user_id, :most);
