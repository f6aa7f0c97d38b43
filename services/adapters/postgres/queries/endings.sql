-- name: lock_stories_of(operation_ids)
-- Several stories are locked in the order of their ids, before any of their operations.
SELECT id, language FROM stories
WHERE id IN (SELECT story_id FROM operations WHERE id = ANY(:operation_ids::uuid[]))
ORDER BY id
FOR NO KEY UPDATE;

-- name: end_operations(operation_ids, status, sources, failure, data, ready_sources, failed_sources, shot_done_sources, shot_failed_sources, shot_pending_sources)
-- Into a terminal state, with all that it means: see `end_operations` in the migrations. What has ended, then what may start now.
SELECT * FROM end_operations(
    :operation_ids::uuid[], :status::text, :sources::text[], :failure::jsonb, :data::jsonb, :ready_sources::text[],
    :failed_sources::text[], :shot_done_sources::text[], :shot_failed_sources::text[], :shot_pending_sources::text[]
);

-- name: finish_operations(operation_ids, user_ids, attempts, workers, sources, ready_sources, failed_sources, shot_done_sources, shot_failed_sources, shot_pending_sources)
-- Those whose claims hold have succeeded. One statement, which commits by itself.
SELECT * FROM finish_operations(
    :operation_ids::uuid[], :user_ids::uuid[], :attempts::integer[], :workers::text[], :sources::text[], :ready_sources::text[],
    :failed_sources::text[], :shot_done_sources::text[], :shot_failed_sources::text[], :shot_pending_sources::text[]
);

-- name: put_back(operation_ids, status, sources, failure, failures, delay, kind, data)
-- Back into the queue, to be announced again, or aside. The time for which one was put aside is none that it has taken.
WITH back AS (
    UPDATE operations SET
        status = :status::text, run_after = statement_timestamp() + make_interval(secs => :delay), announced_at = NULL, worker = '', stage = '',
        lease_expires_at = NULL, pause_requested_at = NULL, updated_at = clock_timestamp(), last_seq = last_seq + 1,
        failures = failures + :failures, failure = coalesce(:failure::jsonb, failure),
        started_at = started_at + CASE status WHEN 'paused' THEN clock_timestamp() - updated_at ELSE interval '0' END
    WHERE id = ANY(:operation_ids::uuid[]) AND status = ANY(:sources::text[])
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, :kind::text, :data::jsonb FROM back
)
SELECT * FROM back ORDER BY id;

-- name: unblock(story_ids, user_ids)
-- What may start now: see `unblock_operations` in the migrations.
SELECT id FROM unblock_operations(:story_ids::uuid[], :user_ids::uuid[]) ORDER BY id;
