-- Operations can be paused, tried again, given a deadline and a priority. The previous release, beside this one, sets none of
-- these, and every default is what it means. Its workers end an attempt without taking back the wish to pause it, so no CHECK
-- ties `pause_requested_at` to `running`.

ALTER TABLE operations
    ADD COLUMN pause_requested_at timestamptz,
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10),
    DROP CONSTRAINT started_exactly_when_attempted,
    ADD CONSTRAINT started_by_a_claim CHECK (
        (started_at IS NULL OR attempt > 0) AND (started_at IS NOT NULL OR status NOT IN ('running', 'succeeded'))
    );
COMMENT ON COLUMN operations.started_at IS 'The first claim since it was asked for or tried again, put forward by the time for which it was paused.';
COMMENT ON COLUMN operations.deadline_at IS 'Past it, an operation that has not ended is asked to stop.';
COMMENT ON COLUMN operations.priority IS 'A higher one starts first among its owner''s operations.';
CREATE INDEX operations_deadline ON operations (deadline_at) WHERE finished_at IS NULL AND deadline_at IS NOT NULL;

-- Whether fewer than `most` operations of this owner are queued (NULL: always), as the statement that asks sees them.
CREATE FUNCTION has_room(owner uuid, most integer) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN most IS NULL OR most > (
        SELECT count(*) FROM (SELECT FROM operations WHERE user_id = owner AND status = 'queued' LIMIT most) AS waiting
    );

-- Whether the story is `generating` on this operation's account, as long as it has not ended: a creation from the beginning, a
-- compile once it has begun; one that is tried again, once it has begun again.
CREATE FUNCTION holds_story(o operations) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN o.type IN ('story_create', 'video_render') AND (o.started_at IS NOT NULL OR (o.type = 'story_create' AND o.attempt = 0));
