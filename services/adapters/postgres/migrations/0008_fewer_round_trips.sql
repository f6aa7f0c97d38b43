-- A paused creation keeps its place: what was asked for after it needs the shots that it has yet to make. And what is due is judged
-- by the clock, not by when the statement began: an end may have waited for its story since.
CREATE FUNCTION present() RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$ BEGIN RETURN clock_timestamp(); END $$;
COMMENT ON FUNCTION present() IS 'The clock, called stable: what may start is then looked for by joins, and not row by row.';
CREATE OR REPLACE VIEW claimable_operations AS
    SELECT o.id, o.story_id, o.user_id, o.priority
    FROM operations o
    WHERE o.status = 'queued'
      AND o.run_after <= present()
      AND NOT EXISTS (
          SELECT FROM operations other
          WHERE other.story_id = o.story_id
            AND other.id <> o.id
            AND other.status IN ('queued', 'running')
            AND (other.status = 'running' OR other.id < o.id)
            AND conflicts(other.type, o.type, coalesce(other.shot_id = o.shot_id, false))
      )
      -- Not "NOT EXISTS": that may be planned as a hash of all creations that are paused, and this is a look for each that may start.
      AND (
          SELECT creation.id FROM operations creation
          WHERE creation.story_id = o.story_id AND creation.status = 'paused' AND creation.type = 'story_create' AND creation.id < o.id
          LIMIT 1
      ) IS NULL;

-- Ends in one statement, as claims are: what an end means for stories, shots and whoever waits behind it is looked at by statements
-- that each see what the one before has done, without a round trip for each. The previous release, beside this one, sends the
-- same statements one by one.

-- How many operations of this owner are queued; `most` is where counting ends.
CREATE FUNCTION queued_operations(owner uuid, most integer) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT count(*) FROM (SELECT FROM operations WHERE user_id = owner AND status = 'queued' LIMIT most) AS waiting);

-- What the ends of these operations mean for their stories and shots. An operation that has not begun its work since it was
-- asked for has nothing to settle, except a creation (its story was made `generating`); and nothing is settled that another
-- operation has in hand.
CREATE FUNCTION settle_stories(
    ended uuid[], ready_sources text[], failed_sources text[],
    shot_done_sources text[], shot_failed_sources text[], shot_pending_sources text[]
) RETURNS void LANGUAGE sql VOLATILE AS $$
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
        WHERE o.id = ANY(ended) AND holds_story(o)
        ORDER BY o.story_id, o.id
    ), story AS (
        UPDATE stories s SET status = outcome.status, updated_at = clock_timestamp()
        FROM outcome
        WHERE s.id = outcome.story_id
          AND s.status = ANY(CASE outcome.status WHEN 'ready' THEN ready_sources ELSE failed_sources END)
          AND NOT EXISTS (
              SELECT FROM operations other
              WHERE other.story_id = s.id AND other.finished_at IS NULL AND holds_story(other)
          )
        RETURNING s.id, outcome.type, s.status
    ), unpictured AS (
        UPDATE shots sh SET status = 'failed', updated_at = clock_timestamp()
        FROM story
        WHERE sh.story_id = story.id AND story.type = 'story_create' AND story.status = 'failed'
          AND sh.keyframe IS NULL AND sh.status = ANY(shot_failed_sources)
    ), filmed AS (
        -- The film shows them: an earlier failure of theirs is mended. A regenerate that has one in hand goes on.
        UPDATE shots sh SET status = 'done', updated_at = clock_timestamp()
        FROM operations o
        WHERE o.id = ANY(ended) AND o.type = 'video_render' AND o.status = 'succeeded'
          AND sh.story_id = o.story_id AND sh.status = 'failed' AND sh.status = ANY(shot_done_sources)
          AND sh.keyframe IS NOT NULL
    )
    UPDATE shots sh SET status = regenerated.status, updated_at = clock_timestamp()
    FROM (
        SELECT shot.id, CASE WHEN o.status = 'failed' THEN 'failed' WHEN shot.keyframe IS NULL THEN 'pending' ELSE 'done' END AS status
        FROM operations o JOIN shots shot ON shot.id = o.shot_id
        WHERE o.id = ANY(ended) AND o.started_at IS NOT NULL
          AND NOT EXISTS (
              SELECT FROM operations other
              WHERE other.shot_id = o.shot_id AND other.user_id = o.user_id AND other.finished_at IS NULL AND other.started_at IS NOT NULL
          )
    ) AS regenerated
    WHERE sh.id = regenerated.id
      AND sh.status = ANY(CASE regenerated.status
          WHEN 'done' THEN shot_done_sources
          WHEN 'failed' THEN shot_failed_sources
          ELSE shot_pending_sources
      END)
$$;

-- What may start now: on these stories, which then counts as never announced, and the next operation of each of these owners
-- whose quota held it back. That one hangs on a story that is not locked here, so it is only read.
CREATE FUNCTION unblock_operations(stories uuid[], owners uuid[]) RETURNS SETOF operations LANGUAGE sql VOLATILE AS $$
    WITH free AS (
        UPDATE operations o SET announced_at = NULL
        FROM claimable_operations c
        WHERE c.id = o.id AND c.story_id = ANY(stories)
        RETURNING o.*
    )
    SELECT * FROM free
    UNION ALL
    SELECT o.*
    FROM turns CROSS JOIN LATERAL (
        SELECT c.id FROM claimable_operations c
        WHERE c.user_id = turns.user_id
        ORDER BY c.priority DESC, c.id
        LIMIT 1
    ) next JOIN operations o ON o.id = next.id
    WHERE turns.user_id = ANY(owners) AND turns.held_back AND NOT EXISTS (SELECT FROM free WHERE free.id = next.id)
$$;

-- Into a terminal state, with the event of the same name: those of `ids` that are in one of `sources`, whose stories the caller
-- holds. Returns what has ended, in the order of ids, and after it what may start now, which is `queued`.
CREATE FUNCTION end_operations(
    ids uuid[], ending text, sources text[], failed_by jsonb, told jsonb, ready_sources text[], failed_sources text[],
    shot_done_sources text[], shot_failed_sources text[], shot_pending_sources text[]
) RETURNS SETOF operations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    ended uuid[];
    stories uuid[];
    owners uuid[];
BEGIN
    WITH past AS (
        UPDATE operations o SET
            status = ending, failure = failed_by, stage = '', lease_expires_at = NULL, pause_requested_at = NULL,
            last_seq = o.last_seq + 1, finished_at = clock_timestamp(), updated_at = clock_timestamp(),
            progress = CASE WHEN ending = 'succeeded' THEN 1 ELSE o.progress END,
            cancel_requested_at = CASE WHEN ending = 'cancelled' THEN coalesce(o.cancel_requested_at, clock_timestamp())
                ELSE o.cancel_requested_at END
        WHERE o.id = ANY(ids) AND o.status = ANY(sources)
        RETURNING o.*
    ), event AS (
        INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
        SELECT past.id, past.last_seq, past.user_id, past.story_id, past.updated_at, ending, told FROM past
    )
    SELECT array_agg(past.id), array_agg(DISTINCT past.story_id), array_agg(DISTINCT past.user_id) INTO ended, stories, owners FROM past;
    IF ended IS NULL THEN
        RETURN;
    END IF;
    PERFORM settle_stories(ended, ready_sources, failed_sources, shot_done_sources, shot_failed_sources, shot_pending_sources);
    RETURN QUERY SELECT o.* FROM operations o WHERE o.id = ANY(ended) ORDER BY o.id;
    RETURN QUERY SELECT free.* FROM unblock_operations(stories, owners) free;
END
$$;

-- The same for operations that succeeded under these claims, given as four arrays of one length: where an attempt still owns its
-- operation. Stories are locked in the order of their ids, and before any of their operations, as everywhere.
CREATE FUNCTION finish_operations(
    ids uuid[], owners uuid[], attempts integer[], workers text[], sources text[], ready_sources text[], failed_sources text[],
    shot_done_sources text[], shot_failed_sources text[], shot_pending_sources text[]
) RETURNS SETOF operations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    owned uuid[];
BEGIN
    PERFORM s.id FROM stories s
    WHERE s.id IN (SELECT o.story_id FROM operations o WHERE o.id = ANY(ids))
    ORDER BY s.id
    FOR NO KEY UPDATE;
    -- Found by their ids alone, however few run.
    WITH named AS MATERIALIZED (
        SELECT o.id, o.status FROM operations o
        WHERE o.id = ANY(ids) AND (o.id, o.user_id, o.attempt, o.worker) IN (SELECT * FROM unnest(ids, owners, attempts, workers))
        ORDER BY o.id
        FOR NO KEY UPDATE
    )
    SELECT array_agg(named.id) INTO owned FROM named WHERE named.status = 'running';
    RETURN QUERY SELECT o.* FROM end_operations(
        owned, 'succeeded', sources, NULL, '{}',
        ready_sources, failed_sources, shot_done_sources, shot_failed_sources, shot_pending_sources
    ) o;
END
$$;
