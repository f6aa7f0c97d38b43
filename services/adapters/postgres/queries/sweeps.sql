-- name: try_sweep_lock()$
-- One sweep at a time; released with the transaction. The number spells "SWEEP".
SELECT pg_try_advisory_xact_lock(357946443088);

-- name: expired(row_limit)
-- A lease that was never set compares as neither old nor new, and counts as expired.
SELECT id FROM operations
WHERE status = 'running' AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
ORDER BY lease_expires_at NULLS FIRST
LIMIT :row_limit;

-- name: overdue(row_limit)
-- Past their deadline, and not asked to stop yet.
SELECT id FROM operations
WHERE finished_at IS NULL AND deadline_at IS NOT NULL AND deadline_at <= statement_timestamp() AND cancel_requested_at IS NULL
ORDER BY deadline_at
LIMIT :row_limit;

-- name: still_overdue(operation_ids)
-- What has become of them meanwhile: their stories are locked now.
SELECT * FROM operations
WHERE id = ANY(:operation_ids::uuid[]) AND finished_at IS NULL AND deadline_at <= clock_timestamp() AND cancel_requested_at IS NULL
ORDER BY id;

-- name: count_losses(operation_ids)
-- Those that have not been renewed or ended meanwhile: their attempts are lost.
UPDATE operations SET losses = losses + 1, updated_at = clock_timestamp()
WHERE id = ANY(:operation_ids::uuid[]) AND status = 'running' AND (lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
RETURNING *;

-- name: unannounced(announce_after, row_limit)
-- Due, and not known to the broker: a first announcement that has been missing for too long, or a retry that has become due.
SELECT id FROM operations
WHERE status = 'queued' AND announced_at IS NULL AND run_after <= statement_timestamp()
  AND (attempt > 0 OR run_after <= statement_timestamp() - make_interval(secs => :announce_after))
ORDER BY id
LIMIT :row_limit;

-- name: prune_idempotency_keys()!
-- But for one that is being taken anew: the sweep holds what its taker may want.
DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(
    SELECT ctid FROM idempotency_keys WHERE expires_at <= statement_timestamp() FOR UPDATE SKIP LOCKED
));

-- name: prune_workers(older_than)!
DELETE FROM workers WHERE beat_at <= statement_timestamp() - make_interval(secs => :older_than);

-- name: beat(worker)!
INSERT INTO workers (name, beat_at) VALUES (:worker, clock_timestamp())
ON CONFLICT (name) DO UPDATE SET beat_at = excluded.beat_at;

-- name: live_workers(within)$
SELECT count(*) FROM workers WHERE beat_at > clock_timestamp() - make_interval(secs => :within);

-- name: mark_announced(operation_ids, ago)
-- Not one that has meanwhile been put off: it wants to be announced again when it is due. Nor one that somebody has marked
-- already. Rows that others hold are skipped, for this is the one statement that takes several operations without their stories'
-- locks, and must not wait in a circle.
WITH marked AS (
    UPDATE operations SET announced_at = clock_timestamp(), last_seq = last_seq + 1
    WHERE id IN (
        SELECT id FROM operations
        WHERE id = ANY(:operation_ids::uuid[]) AND status = 'queued' AND announced_at IS NULL AND run_after <= clock_timestamp()
          AND (attempt = 0 OR updated_at <= clock_timestamp() - make_interval(secs => :ago))
        FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING *
)
INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
SELECT id, last_seq, user_id, story_id, announced_at, 'announced', '{}' FROM marked
RETURNING *;

-- name: unanalysed(least)
-- Tables that have grown and of which the planner knows nothing yet.
SELECT format('%I.%I', schemaname, relname) AS name FROM pg_stat_user_tables
WHERE relid IN ('stories'::regclass, 'shots'::regclass, 'operations'::regclass, 'operation_events'::regclass)
  AND n_tup_ins >= :least AND last_analyze IS NULL AND last_autoanalyze IS NULL;

-- name: ping()$
SELECT 1;
