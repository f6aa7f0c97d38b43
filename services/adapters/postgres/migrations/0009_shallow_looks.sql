-- The fairest operations without looking at `room` of each owner's. Which are chosen, and in which order, is as it was.

-- The next operations to start, fairest first, of the first `depth` of each of these owners, who have so many running. An owner's
-- n-th one comes when it would be the owner's n-th to run; of owners with equally many, the one that was served longest ago goes
-- first; an owner's own go by priority, then by age.
CREATE FUNCTION fairest_among(owners uuid[], running integer[], depth integer, room integer, most_running integer)
RETURNS TABLE (id uuid, story_id uuid, turn bigint) LANGUAGE sql STABLE AS $$
    SELECT next.id, next.story_id, next.turn
    FROM unnest(owners, running) AS owner(user_id, running)
    LEFT JOIN turns ON turns.user_id = owner.user_id
    CROSS JOIN LATERAL (
        SELECT c.id, c.story_id, row_number() OVER (ORDER BY c.priority DESC, c.id) AS turn
        FROM claimable_operations c
        WHERE c.user_id = owner.user_id
        ORDER BY c.priority DESC, c.id
        LIMIT greatest(0, least(depth, most_running - owner.running))
    ) next
    ORDER BY owner.running + next.turn, turns.served_at NULLS FIRST, next.id
    LIMIT room
$$;

-- Each owner's fair share is looked at, and a little more. Only where one is chosen to the last that was looked at might a further
-- one of his come before others': then the look goes deeper.
CREATE OR REPLACE FUNCTION fairest_operations(room integer, most_running integer) RETURNS TABLE (id uuid, story_id uuid)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    owners uuid[];
    running integer[];
    depth integer;
    chosen uuid[];
    stories uuid[];
    deepest bigint;
BEGIN
    SELECT array_agg(w.user_id), array_agg(w.running) INTO owners, running FROM waiting_owners w;
    depth := room / greatest(1, cardinality(owners)) + 2;
    LOOP
        SELECT array_agg(f.id), array_agg(f.story_id), max(f.turn) INTO chosen, stories, deepest
        FROM fairest_among(owners, running, least(room, depth), room, most_running) f;
        EXIT WHEN depth >= room OR deepest IS NULL OR deepest < depth;
        depth := depth * 4;
    END LOOP;
    RETURN QUERY SELECT * FROM unnest(chosen, stories);
END
$$;
