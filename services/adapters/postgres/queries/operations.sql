-- name: start_operation(operation_id, user_id, story_id, shot_id, type, payload, key, request, key_seconds)^
-- A queued operation on a story that is there, its first event and the idempotency key. The story is locked against being
-- deleted meanwhile. No row when the key is taken, or when story or shot are not there.
WITH target AS (
    SELECT s.id FROM stories s
    WHERE s.user_id = :user_id AND s.id = :story_id AND s.deleted_at IS NULL
      AND (:shot_id::uuid IS NULL OR EXISTS (
          SELECT FROM shots sh WHERE sh.user_id = :user_id AND sh.story_id = :story_id AND sh.id = :shot_id
      ))
    FOR SHARE OF s
), key AS (
    INSERT INTO idempotency_keys (user_id, key, request, operation_id, expires_at)
    SELECT :user_id::uuid, :key::text, :request::text, :operation_id::uuid, statement_timestamp() + make_interval(secs => :key_seconds)
    FROM target
    WHERE :key::text IS NOT NULL
    ON CONFLICT (user_id, key) DO UPDATE
        SET request = excluded.request, operation_id = excluded.operation_id, expires_at = excluded.expires_at
        WHERE idempotency_keys.expires_at <= statement_timestamp()
    RETURNING 1
), operation AS (
    INSERT INTO operations (id, user_id, story_id, shot_id, type, payload, last_seq)
    SELECT :operation_id::uuid, :user_id::uuid, target.id, :shot_id::uuid, :type::text, :payload::jsonb, 1
    FROM target
    WHERE :key::text IS NULL OR EXISTS (SELECT FROM key)
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, kind, data)
    SELECT id, last_seq, user_id, story_id, 'queued', jsonb_build_object('type', type) FROM operation
)
SELECT * FROM operation;

-- name: replayed(user_id, key)^
-- The operation that an idempotency key in force names, and the digest of what was asked for.
SELECT o.*, k.request
FROM idempotency_keys k JOIN operations o ON o.id = k.operation_id AND o.user_id = k.user_id
WHERE k.user_id = :user_id AND k.key = :key AND k.expires_at > statement_timestamp();

-- name: operation(user_id, operation_id)^
SELECT * FROM operations WHERE user_id = :user_id AND id = :operation_id;

-- name: operations(user_id, before, status, type, row_limit)
SELECT * FROM operations
WHERE user_id = :user_id
  AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  AND (:status::text IS NULL OR status = :status)
  AND (:type::text IS NULL OR type = :type)
ORDER BY id DESC
LIMIT :row_limit;

-- name: operations_of_story(user_id, story_id, before, status, type, row_limit)
SELECT * FROM operations
WHERE user_id = :user_id AND story_id = :story_id
  AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  AND (:status::text IS NULL OR status = :status)
  AND (:type::text IS NULL OR type = :type)
ORDER BY id DESC
LIMIT :row_limit;

-- name: unfinished_of_story(user_id, story_id)
SELECT * FROM operations WHERE user_id = :user_id AND story_id = :story_id AND finished_at IS NULL ORDER BY id;

-- name: events(user_id, operation_id, after, row_limit)
SELECT * FROM operation_events
WHERE user_id = :user_id AND operation_id = :operation_id AND seq > :after
ORDER BY seq
LIMIT :row_limit;

-- name: ask_to_stop(user_id, operation_id, data)^
-- A running operation is asked to stop, once.
WITH asked AS (
    UPDATE operations
    SET cancel_requested_at = clock_timestamp(), updated_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE user_id = :user_id AND id = :operation_id AND status = 'running' AND cancel_requested_at IS NULL
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, 'cancel_requested', :data::jsonb FROM asked
)
SELECT * FROM asked;
