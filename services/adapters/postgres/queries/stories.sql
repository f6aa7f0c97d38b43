-- name: create_stories(wanted)
-- Stories, their queued creations, first events and idempotency keys, all in one statement: `wanted` has an object for each. No row
-- for one whose key is taken, or whose owner's queue is full. Owners' locks are taken in one order; under them no two wait for
-- each other's keys.
WITH asked AS MATERIALIZED (
    SELECT each.*, row_number() OVER (PARTITION BY each.user_id ORDER BY each.operation_id) AS nth,
        each.key IS NULL OR row_number() OVER (PARTITION BY each.user_id, each.key ORDER BY each.operation_id) = 1 AS first_of_key
    FROM jsonb_to_recordset(:wanted::jsonb) AS each (
        story_id uuid, operation_id uuid, user_id uuid, content text, title text, style text, language text, aspect text, voice text,
        shot_count integer, payload jsonb, key text, request text, key_seconds double precision, cancel_after double precision,
        priority smallint, most_queued integer
    )
), queue AS MATERIALIZED (
    SELECT owner.user_id, queue_alone(owner.user_id, owner.most) AS waiting
    FROM (
        SELECT user_id, coalesce(max(most_queued), 0) AS most FROM asked GROUP BY user_id ORDER BY uuid_hash(user_id)
    ) owner
), room AS MATERIALIZED (
    SELECT asked.*
    FROM asked JOIN queue USING (user_id)
    WHERE asked.first_of_key AND (asked.most_queued IS NULL OR queue.waiting + asked.nth <= asked.most_queued)
), key AS (
    INSERT INTO idempotency_keys (user_id, key, request, operation_id, expires_at)
    SELECT user_id, key, request, operation_id, statement_timestamp() + make_interval(secs => key_seconds)
    FROM room
    WHERE key IS NOT NULL
    ON CONFLICT (user_id, key) DO UPDATE
        SET request = excluded.request, operation_id = excluded.operation_id, webhook_id = NULL, expires_at = excluded.expires_at
        WHERE idempotency_keys.expires_at <= statement_timestamp()
    RETURNING operation_id, expires_at
), free AS (
    SELECT room.*, key.expires_at FROM room LEFT JOIN key USING (operation_id)
    WHERE room.key IS NULL OR key.operation_id IS NOT NULL
), story AS (
    INSERT INTO stories (id, user_id, content, title, style, language, aspect, voice, shot_count, status)
    SELECT story_id, user_id, content, title, style, language, aspect, voice, shot_count, 'generating' FROM free
), operation AS (
    INSERT INTO operations (id, user_id, story_id, type, payload, deadline_at, priority, last_seq)
    SELECT operation_id, user_id, story_id, 'story_create', payload, statement_timestamp() + make_interval(secs => cancel_after), priority, 1
    FROM free
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, kind, data)
    SELECT id, last_seq, user_id, story_id, 'queued', jsonb_build_object('type', type) FROM operation
)
SELECT operation.*, free.expires_at AS key_expires_at FROM operation JOIN free ON free.operation_id = operation.id;

-- name: story(user_id, story_id)^
SELECT s.*, (
    SELECT jsonb_agg(
        jsonb_build_object('kind', a.kind, 'name', a.name, 'look', a.look, 'look_en', a.look_en) ORDER BY a.position
    )
    FROM assets a WHERE a.story_id = s.id
) AS bible
FROM stories s
WHERE s.user_id = :user_id AND s.id = :story_id AND s.deleted_at IS NULL;

-- name: stories(user_id, before, row_limit)
-- Newest first. The highest UUID stands for "no bound", so that the bound is always an index condition.
SELECT s.*, (
    SELECT jsonb_agg(
        jsonb_build_object('kind', a.kind, 'name', a.name, 'look', a.look, 'look_en', a.look_en) ORDER BY a.position
    )
    FROM assets a WHERE a.story_id = s.id
) AS bible
FROM stories s
WHERE s.user_id = :user_id AND s.deleted_at IS NULL
  AND s.id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
ORDER BY s.id DESC
LIMIT :row_limit;

-- name: lock_story(user_id, story_id)$
-- Every transaction that changes operations or shots locks their story first, so that none waits for another in a circle.
SELECT id FROM stories
WHERE user_id = :user_id AND id = :story_id AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: hide_story(user_id, story_id)!
UPDATE stories SET deleted_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :story_id;

-- name: revise_story(user_id, story_id)!
-- The shots have changed in a way that a film would show.
UPDATE stories SET revision = revision + 1, updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :story_id;

-- name: store_film(user_id, story_id, film)!
UPDATE stories SET film = :film::jsonb, updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :story_id;

-- name: mark_storyboard(user_id, story_id, unfinished)!
UPDATE stories SET storyboard_unfinished = :unfinished, updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :story_id;

-- name: clear_bible(user_id, story_id)!
DELETE FROM assets WHERE user_id = :user_id AND story_id = :story_id;

-- name: insert_bible(user_id, story_id, bible)!
INSERT INTO assets (user_id, story_id, position, kind, name, look, look_en)
SELECT :user_id::uuid, :story_id::uuid, entry.position, entry.kind, entry.name, entry.look, entry.look_en
FROM jsonb_to_recordset(:bible::jsonb) AS entry (position integer, kind text, name text, look text, look_en text);
