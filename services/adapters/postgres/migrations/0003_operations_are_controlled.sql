-- Operations can be paused, tried again, given a deadline and a priority. The previous release, beside this one, sets none of
-- these, and every default is what it means.

ALTER TABLE operations
    ADD COLUMN pause_requested_at timestamptz,
    ADD COLUMN deadline_at timestamptz,
    ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -10 AND 10),
    ADD CONSTRAINT asked_to_pause_only_while_running CHECK (pause_requested_at IS NULL OR status = 'running');
COMMENT ON COLUMN operations.deadline_at IS 'Past it, an operation that has not ended is asked to stop.';
COMMENT ON COLUMN operations.priority IS 'A higher one starts first among its owner''s operations.';
CREATE INDEX operations_deadline ON operations (deadline_at) WHERE finished_at IS NULL AND deadline_at IS NOT NULL;
