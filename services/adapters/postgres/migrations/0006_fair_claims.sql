-- Whose turn it is: claims take the fairest operation that may start, whichever wake-up they follow. The previous release,
-- beside this one, claims what its wake-ups name: correct, only less fair.

CREATE TABLE turns (
    user_id   uuid PRIMARY KEY,
    served_at timestamptz,
    held_back boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE turns IS 'When an owner was last given a worker, and whether its queued operations wait for its own running ones.';

-- An owner's queue in its order; whatever asks how many an owner has waiting is served by it too.
CREATE INDEX operations_waiting ON operations (user_id, priority DESC, id) WHERE status = 'queued';
CREATE INDEX operations_running ON operations (user_id) WHERE status = 'running';

-- As it was, with what turns are taken by.
CREATE OR REPLACE VIEW claimable_operations AS
    SELECT o.id, o.story_id, o.user_id, o.priority
    FROM operations o
    WHERE o.status = 'queued'
      AND o.run_after <= statement_timestamp()
      AND NOT EXISTS (
          SELECT FROM operations other
          WHERE other.story_id = o.story_id
            AND other.id <> o.id
            AND other.status IN ('queued', 'running')
            AND (other.status = 'running' OR other.id < o.id)
            AND conflicts(other.type, o.type, coalesce(other.shot_id = o.shot_id, false))
      );

-- Owners with queued operations, found by leaping from one to the next in the index (a "loose index scan"): their number is what
-- it costs, not that of their operations.
CREATE VIEW waiting_owners AS
    WITH RECURSIVE owner AS (
        (SELECT o.user_id FROM operations o WHERE o.status = 'queued' ORDER BY o.user_id LIMIT 1)
        UNION ALL
        SELECT (
            SELECT o.user_id FROM operations o
            WHERE o.status = 'queued' AND o.user_id > owner.user_id
            ORDER BY o.user_id
            LIMIT 1
        )
        FROM owner
        WHERE owner.user_id IS NOT NULL
    )
    SELECT owner.user_id,
        (SELECT count(*)::integer FROM operations r WHERE r.user_id = owner.user_id AND r.status = 'running') AS running
    FROM owner
    WHERE owner.user_id IS NOT NULL;

-- The next operations to start, fairest first. An owner's n-th one comes when it would be the owner's n-th to run; of owners with
-- equally many, the one that was served longest ago goes first; an owner's own go by priority, then by age.
CREATE FUNCTION fairest_operations(room integer, most_running integer) RETURNS TABLE (id uuid, story_id uuid)
LANGUAGE sql STABLE AS $$
    SELECT next.id, next.story_id
    FROM waiting_owners owner
    LEFT JOIN turns ON turns.user_id = owner.user_id
    CROSS JOIN LATERAL (
        SELECT c.id, c.story_id, row_number() OVER (ORDER BY c.priority DESC, c.id) AS turn
        FROM claimable_operations c
        WHERE c.user_id = owner.user_id
        ORDER BY c.priority DESC, c.id
        LIMIT greatest(0, least(room, most_running - owner.running))
    ) next
    ORDER BY owner.running + next.turn, turns.served_at NULLS FIRST, next.id
    LIMIT room
$$;

-- Starts attempts, at most `room`: of `wanted` where that is given, else of the fairest, and then none that would be its owner's
-- `most_running` + 1st (null: any number). Stories and shots become `generating`, and each gets its event.
--
-- Claims go one at a time, so that no two count the same owner's operations at once; the lock lasts for this one statement, which
-- the server completes whatever becomes of the worker. A story that another transaction holds is passed over, for that worker may
-- be frozen: it is tried again for a moment, but only while there is nothing else to start.
CREATE FUNCTION claim_operations(
    wanted uuid[], claimer text, lease_seconds double precision, room integer, most_running integer,
    sources text[], story_sources text[], shot_sources text[]
) RETURNS SETOF operations LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    chosen uuid[];
    stories_wanted uuid[];
    stories_held uuid[];
BEGIN
    PERFORM pg_advisory_xact_lock(289345354061);  -- spells "CLAIM"
    FOR try IN 1..8 LOOP
        IF wanted IS NULL THEN
            SELECT array_agg(f.id), array_agg(f.story_id) INTO chosen, stories_wanted
            FROM fairest_operations(room, most_running) f;
        ELSE
            SELECT array_agg(c.id), array_agg(c.story_id) INTO chosen, stories_wanted
            FROM claimable_operations c WHERE c.id = ANY(wanted);
        END IF;
        EXIT WHEN chosen IS NULL;
        SELECT array_agg(held.id) INTO stories_held FROM (
            SELECT s.id FROM stories s WHERE s.id = ANY(stories_wanted) ORDER BY s.id FOR NO KEY UPDATE SKIP LOCKED
        ) held;
        RETURN QUERY
        WITH started AS (
            UPDATE operations o SET
                status = 'running', attempt = o.attempt + 1, worker = claimer, stage = '', last_seq = o.last_seq + 1,
                lease_expires_at = clock_timestamp() + make_interval(secs => lease_seconds),
                started_at = coalesce(o.started_at, clock_timestamp()), updated_at = clock_timestamp()
            WHERE o.id = ANY(chosen) AND o.story_id = ANY(stories_held) AND o.status = ANY(sources)
              AND EXISTS (SELECT FROM claimable_operations c WHERE c.id = o.id)
              AND EXISTS (SELECT FROM stories s WHERE s.id = o.story_id AND s.deleted_at IS NULL)
            RETURNING o.*
        ), story AS (
            UPDATE stories s SET status = 'generating', updated_at = started.updated_at
            FROM started
            WHERE s.id = started.story_id AND started.type IN ('story_create', 'video_render') AND s.status = ANY(story_sources)
        ), shot AS (
            UPDATE shots sh SET status = 'generating', updated_at = started.updated_at
            FROM started
            WHERE sh.id = started.shot_id AND sh.status = ANY(shot_sources)
        ), event AS (
            INSERT INTO operation_events (operation_id, seq, user_id, story_id, at, kind, data)
            SELECT s.id, s.last_seq, s.user_id, s.story_id, s.updated_at, 'started',
                jsonb_build_object('attempt', s.attempt, 'worker', s.worker)
            FROM started s
        ), turn AS (
            INSERT INTO turns (user_id, served_at)
            SELECT s.user_id, max(s.updated_at) FROM started s GROUP BY s.user_id
            ON CONFLICT (user_id) DO UPDATE SET served_at = excluded.served_at, held_back = false
        )
        SELECT started.* FROM started ORDER BY array_position(chosen, started.id);
        EXIT WHEN FOUND OR stories_wanted <@ coalesce(stories_held, '{}');
        PERFORM pg_sleep(0.005);
    END LOOP;
    IF most_running IS NOT NULL AND wanted IS NULL THEN
        -- The ends of their running operations wake these.
        INSERT INTO turns AS kept (user_id, held_back)
        SELECT w.user_id, true FROM waiting_owners w WHERE w.running >= most_running
        ON CONFLICT (user_id) DO UPDATE SET held_back = true WHERE NOT kept.held_back;
    END IF;
END
$$;
