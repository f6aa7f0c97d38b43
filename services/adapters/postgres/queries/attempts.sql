-- name: claim(wanted, worker, lease, room, most_running, sources, story_sources, shot_sources)
-- Starts attempts: see `claim_operations` in the migrations. It is one statement, for it holds the lock that all claims take.
SELECT * FROM claim_operations(
    :wanted::uuid[], :worker::text, :lease::double precision, :room::integer, :most_running::integer,
    :sources::text[], :story_sources::text[], :shot_sources::text[]
);

-- name: claimed_stories(story_ids)
-- `drawn` tells those with shots, which must be read together with their story.
SELECT s.*, (
    SELECT jsonb_agg(
        jsonb_build_object('kind', a.kind, 'name', a.name, 'look', a.look, 'look_en', a.look_en) ORDER BY a.position
    )
    FROM assets a WHERE a.story_id = s.id
) AS bible, EXISTS (SELECT FROM shots sh WHERE sh.story_id = s.id) AS drawn
FROM stories s
WHERE s.id = ANY(:story_ids::uuid[]);

-- name: claimed_story(user_id, story_id)^
SELECT s.*, (
    SELECT jsonb_agg(
        jsonb_build_object('kind', a.kind, 'name', a.name, 'look', a.look, 'look_en', a.look_en) ORDER BY a.position
    )
    FROM assets a WHERE a.story_id = s.id
) AS bible
FROM stories s
WHERE s.user_id = :user_id AND s.id = :story_id;

-- name: claimable(row_limit)
SELECT id FROM claimable_operations ORDER BY id LIMIT :row_limit;

-- name: heartbeat(operation_id, user_id, attempt, worker, lease, progress, stage)$
-- What is asked of the attempt, or the empty string; no row when the claim no longer holds.
UPDATE operations SET
    lease_expires_at = clock_timestamp() + make_interval(secs => :lease), stage = :stage, updated_at = clock_timestamp(),
    progress = greatest(progress, least(:progress::double precision, 1))
WHERE id = :operation_id AND user_id = :user_id AND attempt = :attempt AND worker = :worker AND status = 'running'
RETURNING CASE WHEN cancel_requested_at IS NOT NULL THEN 'cancel' WHEN pause_requested_at IS NOT NULL THEN 'pause' ELSE '' END;

-- name: lock_story_of(operation_id, user_id)$
SELECT s.id FROM operations o JOIN stories s ON s.id = o.story_id
WHERE o.id = :operation_id AND o.user_id = :user_id
FOR NO KEY UPDATE OF s;

-- name: fence(operation_id, user_id, attempt, worker)^
-- The operation, locked, if this attempt still owns it.
SELECT * FROM operations
WHERE id = :operation_id AND user_id = :user_id AND attempt = :attempt AND worker = :worker AND status = 'running'
FOR NO KEY UPDATE;

-- name: append_event(operation_id, user_id, attempt, worker, kind, data)^
-- No row when the claim no longer holds.
WITH owned AS (
    UPDATE operations SET last_seq = last_seq + 1, updated_at = clock_timestamp()
    WHERE id = :operation_id AND user_id = :user_id AND attempt = :attempt AND worker = :worker AND status = 'running'
    RETURNING *
)
INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
SELECT id, last_seq, user_id, story_id, updated_at, :kind::text, :data::jsonb FROM owned
RETURNING *;

-- name: last_event(operation_id, user_id, kind)^
SELECT * FROM operation_events
WHERE operation_id = :operation_id AND user_id = :user_id AND kind = :kind
ORDER BY seq DESC
LIMIT 1;

-- name: artifacts(keys)
SELECT * FROM artifacts WHERE key = ANY(:keys::text[]);

-- name: save_artifact(operation_id, user_id, attempt, worker, key, kind, engine, parts, meta, seconds)^
-- The artifact that is kept: the first of its key. An update that changes nothing returns it even when another transaction has
-- written it since this statement began. No row when the claim no longer holds.
WITH owned AS (
    SELECT id FROM operations
    WHERE id = :operation_id AND user_id = :user_id AND attempt = :attempt AND worker = :worker AND status = 'running'
    FOR NO KEY UPDATE
)
INSERT INTO artifacts AS kept (key, kind, engine, parts, meta, seconds)
SELECT :key::text, :kind::text, :engine::jsonb, :parts::jsonb, :meta::jsonb, :seconds::double precision FROM owned
ON CONFLICT (key) DO UPDATE SET key = kept.key
RETURNING *;
