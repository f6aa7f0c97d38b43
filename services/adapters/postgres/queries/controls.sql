-- name: ask_to_stop(operation_ids, data)
-- Those that run are asked to stop, once.
WITH asked AS (
    UPDATE operations
    SET cancel_requested_at = clock_timestamp(), updated_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE id = ANY(:operation_ids::uuid[]) AND status = 'running' AND cancel_requested_at IS NULL
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, 'cancel_requested', :data::jsonb FROM asked
)
SELECT * FROM asked ORDER BY id;

-- name: ask_to_pause(user_id, operation_id, wanted, kind)^
-- The wish to pause a running operation is noted, or taken back.
WITH asked AS (
    UPDATE operations SET
        pause_requested_at = CASE WHEN :wanted::boolean THEN clock_timestamp() END, updated_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE user_id = :user_id AND id = :operation_id AND status = 'running'
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, :kind::text, '{}' FROM asked
)
SELECT * FROM asked;

-- name: retry_operation(user_id, operation_id, sources)^
-- An ended operation as if it had only just been asked for, but for its number of attempts, which fences off the earlier ones.
-- A deadline that has passed is lifted: it would end the operation at once.
WITH again AS (
    UPDATE operations SET
        status = 'queued', run_after = statement_timestamp(), announced_at = NULL, worker = '', stage = '', progress = 0,
        failure = NULL, failures = 0, losses = 0, started_at = NULL, finished_at = NULL, cancel_requested_at = NULL,
        pause_requested_at = NULL, deadline_at = CASE WHEN deadline_at > clock_timestamp() THEN deadline_at END,
        updated_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE user_id = :user_id AND id = :operation_id AND finished_at IS NOT NULL AND status = ANY(:sources::text[])
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, 'retry_requested', '{}' FROM again
)
SELECT * FROM again;

-- name: forget_operation(user_id, operation_id)$
-- With its timeline and its idempotency key, which hang on it.
DELETE FROM operations WHERE user_id = :user_id AND id = :operation_id AND finished_at IS NOT NULL
RETURNING id;
