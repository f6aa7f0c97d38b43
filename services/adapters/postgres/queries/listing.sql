-- name: outlook(user_id, operation_ids, line, history)
-- Of those that have not ended: the place in their owner's queue, how many of the owner's run, how long their type takes.
WITH named AS MATERIALIZED (
    -- By their ids alone: with the owner beside them, a plan for all owners reads all that this one ever had.
    SELECT id, user_id, type, status, progress, run_after, finished_at FROM operations WHERE id = ANY(:operation_ids::uuid[])
), asked AS MATERIALIZED (
    SELECT id, type, status, progress, run_after FROM named WHERE user_id = :user_id AND finished_at IS NULL
), line AS MATERIALIZED (
    SELECT id, row_number() OVER (ORDER BY priority DESC, id) AS position
    FROM (
        SELECT id, priority FROM operations
        WHERE user_id = :user_id AND status = 'queued' AND EXISTS (SELECT FROM asked WHERE status = 'queued')
        ORDER BY priority DESC, id
        LIMIT :line
    ) queued
), median AS MATERIALIZED (
    SELECT types.type, percentile_cont(0.5) WITHIN GROUP (ORDER BY lately.seconds) AS seconds
    FROM (SELECT DISTINCT type FROM asked) types
    CROSS JOIN LATERAL (
        SELECT extract(epoch FROM o.finished_at - o.started_at)::double precision AS seconds
        FROM operations o
        WHERE o.type = types.type AND o.status = 'succeeded'
        ORDER BY o.finished_at DESC
        LIMIT :history
    ) lately
    GROUP BY types.type
)
SELECT asked.id, asked.status, asked.progress, line.position, median.seconds AS median,
    (SELECT count(*) FROM operations WHERE user_id = :user_id AND status = 'running') AS running,
    greatest(extract(epoch FROM asked.run_after - statement_timestamp()), 0)::double precision AS delay
FROM asked LEFT JOIN line USING (id) LEFT JOIN median USING (type);
