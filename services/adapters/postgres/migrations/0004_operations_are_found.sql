-- Operations are listed in five orders and found by their state. A row is written several times in its life, each time with an
-- entry in every index that holds it: so all of these but the first hold only rows that change no more, or few.
-- While they are built, writes wait: some seconds for a million operations.

CREATE INDEX operations_by_creation ON operations (user_id, created_at, id);
CREATE INDEX operations_by_end ON operations (user_id, finished_at, id) WHERE finished_at IS NOT NULL;
CREATE INDEX operations_by_start ON operations (user_id, coalesce(started_at, 'infinity'), id) WHERE finished_at IS NOT NULL;
CREATE INDEX operations_by_priority ON operations (user_id, priority, id) WHERE finished_at IS NOT NULL;

CREATE INDEX operations_gone_wrong ON operations (user_id, status, created_at, id) WHERE status IN ('failed', 'cancelled');
CREATE INDEX operations_paused ON operations (user_id) WHERE status = 'paused';

-- The reason in an operation's `error`. From a partial index Postgres learns nothing about an expression, hence the statistics:
-- without them it takes the commonest reason for a rare one.
CREATE INDEX operations_by_error ON operations (
    user_id,
    (CASE status WHEN 'failed' THEN failure ->> 'reason' WHEN 'cancelled' THEN
        CASE WHEN cancel_requested_at >= deadline_at THEN 'DEADLINE_EXCEEDED' ELSE 'CANCELLED' END END),
    created_at, id
) WHERE status IN ('failed', 'cancelled');
CREATE STATISTICS operations_error_reason ON status, (CASE status WHEN 'failed' THEN failure ->> 'reason' WHEN 'cancelled' THEN
    CASE WHEN cancel_requested_at >= deadline_at THEN 'DEADLINE_EXCEEDED' ELSE 'CANCELLED' END END) FROM operations;

-- How long an operation of a type takes.
CREATE INDEX operations_succeeded ON operations (type, finished_at) WHERE status = 'succeeded';
