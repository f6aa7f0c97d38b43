-- name: lock_stories_of(operation_ids)
-- Several stories are locked in the order of their ids, before any of their operations.
SELECT id, language FROM stories
WHERE id IN (SELECT story_id FROM operations WHERE id = ANY(:operation_ids::uuid[]))
ORDER BY id
FOR NO KEY UPDATE;

-- name: end_operations(operation_ids, sources, status, failure, data)
-- Into a terminal state, with the event of the same name.
WITH ended AS (
    UPDATE operations SET
        status = :status::text, failure = :failure::jsonb, stage = '', lease_expires_at = NULL, pause_requested_at = NULL,
        last_seq = last_seq + 1, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
        progress = CASE WHEN :status = 'succeeded' THEN 1 ELSE progress END,
        cancel_requested_at = CASE WHEN :status = 'cancelled' THEN coalesce(cancel_requested_at, clock_timestamp()) ELSE cancel_requested_at END
    WHERE id = ANY(:operation_ids::uuid[]) AND status = ANY(:sources::text[])
    RETURNING *
), event AS (
    INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
    SELECT id, last_seq, user_id, story_id, updated_at, :status, :data::jsonb FROM ended
)
SELECT * FROM ended ORDER BY id;

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

-- name: settle(operation_ids, ready_sources, failed_sources, shot_done_sources, shot_failed_sources, shot_pending_sources)!
-- What the ends of these operations mean for their stories and shots. An operation that has not begun its work since it was
-- asked for has nothing to settle, except a creation (its story was made `generating`); and nothing is settled that another
-- operation has in hand.
WITH outcome AS (
    SELECT DISTINCT ON (o.story_id) o.id, o.story_id, o.type, CASE
        WHEN o.status = 'failed' THEN 'failed'
        WHEN o.status = 'succeeded' THEN 'ready'
        WHEN EXISTS (SELECT FROM shots sh WHERE sh.story_id = o.story_id)
            AND NOT EXISTS (SELECT FROM shots sh WHERE sh.story_id = o.story_id AND sh.keyframe IS NULL)
            AND NOT EXISTS (SELECT FROM stories s WHERE s.id = o.story_id AND s.storyboard_unfinished) THEN 'ready'
        ELSE 'failed'
    END AS status
    FROM operations o
    WHERE o.id = ANY(:operation_ids::uuid[]) AND holds_story(o)
    ORDER BY o.story_id, o.id
), story AS (
    UPDATE stories s SET status = outcome.status, updated_at = clock_timestamp()
    FROM outcome
    WHERE s.id = outcome.story_id
      AND s.status = ANY(CASE outcome.status WHEN 'ready' THEN :ready_sources::text[] ELSE :failed_sources::text[] END)
      AND NOT EXISTS (
          SELECT FROM operations other
          WHERE other.story_id = s.id AND other.finished_at IS NULL AND holds_story(other)
      )
    RETURNING s.id, outcome.type, s.status
), unpictured AS (
    UPDATE shots sh SET status = 'failed', updated_at = clock_timestamp()
    FROM story
    WHERE sh.story_id = story.id AND story.type = 'story_create' AND story.status = 'failed'
      AND sh.keyframe IS NULL AND sh.status = ANY(:shot_failed_sources::text[])
), filmed AS (
    -- The film shows them: an earlier failure of theirs is mended. A regenerate that has one in hand goes on.
    UPDATE shots sh SET status = 'done', updated_at = clock_timestamp()
    FROM operations o
    WHERE o.id = ANY(:operation_ids::uuid[]) AND o.type = 'video_render' AND o.status = 'succeeded'
      AND sh.story_id = o.story_id AND sh.status = 'failed' AND sh.status = ANY(:shot_done_sources::text[])
      AND sh.keyframe IS NOT NULL
)
UPDATE shots sh SET status = regenerated.status, updated_at = clock_timestamp()
FROM (
    SELECT shot.id, CASE WHEN o.status = 'failed' THEN 'failed' WHEN shot.keyframe IS NULL THEN 'pending' ELSE 'done' END AS status
    FROM operations o JOIN shots shot ON shot.id = o.shot_id
    WHERE o.id = ANY(:operation_ids::uuid[]) AND o.started_at IS NOT NULL
      AND NOT EXISTS (
          SELECT FROM operations other
          WHERE other.shot_id = o.shot_id AND other.user_id = o.user_id AND other.finished_at IS NULL AND other.started_at IS NOT NULL
      )
) AS regenerated
WHERE sh.id = regenerated.id
  AND sh.status = ANY(CASE regenerated.status
      WHEN 'done' THEN :shot_done_sources::text[]
      WHEN 'failed' THEN :shot_failed_sources::text[]
      ELSE :shot_pending_sources::text[]
  END);

-- name: unblock(story_ids, user_ids)
-- What may start now: on these stories, which then counts as never announced, and the next operation of each of these owners
-- whose quota held it back. That one hangs on a story that is not locked here, so it is only read.
WITH free AS (
    UPDATE operations o SET announced_at = NULL
    FROM claimable_operations c
    WHERE c.id = o.id AND c.story_id = ANY(:story_ids::uuid[])
    RETURNING o.id
)
SELECT id FROM free
UNION
SELECT next.id
FROM turns CROSS JOIN LATERAL (
    SELECT c.id FROM claimable_operations c
    WHERE c.user_id = turns.user_id
    ORDER BY c.priority DESC, c.id
    LIMIT 1
) next
WHERE turns.user_id = ANY(:user_ids::uuid[]) AND turns.held_back
ORDER BY id;
