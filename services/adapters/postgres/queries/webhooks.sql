-- name: create_webhook(webhook_id, user_id, url, description, event_types, enabled, secret, most)^
-- No row when the user has as many as allowed.
INSERT INTO webhooks (id, user_id, url, description, event_types, enabled, secret)
SELECT :webhook_id::uuid, :user_id::uuid, :url::text, :description::text, :event_types::text[], :enabled::boolean, :secret::text
WHERE (SELECT count(*) FROM webhooks WHERE user_id = :user_id) < :most::integer
RETURNING *;

-- name: replayed_webhook(user_id, key)^
-- The digest of what was asked for under an idempotency key in force, and the webhook that it names, if it names one.
SELECT w.*, k.request, k.expires_at AS key_expires_at
FROM idempotency_keys k LEFT JOIN webhooks w ON w.id = k.webhook_id AND w.user_id = k.user_id
WHERE k.user_id = :user_id AND k.key = :key AND k.expires_at > statement_timestamp();

-- name: keep_webhook_key(user_id, key, request, webhook_id, key_seconds)$
INSERT INTO idempotency_keys (user_id, key, request, webhook_id, expires_at)
VALUES (:user_id, :key, :request, :webhook_id, statement_timestamp() + make_interval(secs => :key_seconds))
ON CONFLICT (user_id, key) DO UPDATE
    SET request = excluded.request, operation_id = NULL, webhook_id = excluded.webhook_id, expires_at = excluded.expires_at
RETURNING expires_at;

-- name: webhook_secrets()
SELECT id, secret, old_secret FROM webhooks;

-- name: rewrite_webhook_secrets(webhook_id, secret, old_secret, new_secret, new_old_secret)$
-- Unless they have been replaced meanwhile.
UPDATE webhooks SET secret = :new_secret::text, old_secret = :new_old_secret::text
WHERE id = :webhook_id AND secret = :secret AND old_secret IS NOT DISTINCT FROM :old_secret
RETURNING id;

-- name: webhook(user_id, webhook_id)^
SELECT * FROM webhooks WHERE user_id = :user_id AND id = :webhook_id;

-- name: webhooks(user_id, before, row_limit)
SELECT * FROM webhooks
WHERE user_id = :user_id AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
ORDER BY id DESC
LIMIT :row_limit;

-- name: patch_webhook(user_id, webhook_id, url, description, event_types, enabled)^
-- Who enables an endpoint says that it is there again.
UPDATE webhooks SET
    url = coalesce(:url::text, url), description = coalesce(:description::text, description),
    event_types = coalesce(:event_types::text[], event_types), enabled = coalesce(:enabled::boolean, enabled),
    gone = gone AND NOT coalesce(:enabled::boolean, false), updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :webhook_id
RETURNING *;

-- name: delete_webhook(user_id, webhook_id)$
WITH gone AS (
    DELETE FROM webhooks WHERE user_id = :user_id AND id = :webhook_id RETURNING id
), deliveries AS (
    DELETE FROM webhook_deliveries d USING gone WHERE d.webhook_id = gone.id
)
SELECT id FROM gone;

-- name: rotate_webhook_secret(user_id, webhook_id, secret, keep)^
UPDATE webhooks SET
    old_secret = secret, old_secret_until = clock_timestamp() + make_interval(secs => :keep), secret = :secret::text,
    updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :webhook_id
RETURNING *;

-- name: add_webhook_test(user_id, webhook_id, event_id, event_type, data)^
-- Only to an endpoint that is enabled.
INSERT INTO webhook_deliveries (user_id, webhook_id, event_id, event_type, event_at, data)
SELECT user_id, id, :event_id::text, :event_type::text, statement_timestamp(), :data::jsonb
FROM webhooks WHERE user_id = :user_id AND id = :webhook_id AND enabled
RETURNING *;

-- name: deliveries(user_id, webhook_id, before, state, row_limit)
SELECT * FROM webhook_deliveries
WHERE user_id = :user_id AND webhook_id = :webhook_id
  AND id < coalesce(:before::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
  AND (:state::text IS NULL OR state = :state)
ORDER BY id DESC
LIMIT :row_limit;

-- name: delivery(user_id, webhook_id, delivery_id)^
SELECT * FROM webhook_deliveries WHERE user_id = :user_id AND webhook_id = :webhook_id AND id = :delivery_id;

-- name: redeliver(user_id, webhook_id, delivery_id)!
-- What is being sent is left alone.
UPDATE webhook_deliveries SET state = 'pending', failures = 0, next_at = clock_timestamp(), finished_at = NULL
WHERE user_id = :user_id AND webhook_id = :webhook_id AND id = :delivery_id AND state <> 'sending';

-- name: claim_deliveries(worker, lease, most, per_webhook, per_user)
SELECT d.*, w.url, w.secret, CASE WHEN w.old_secret_until > clock_timestamp() THEN w.old_secret END AS old_secret
FROM claim_webhook_deliveries(:worker, :lease, :most, :per_webhook, :per_user) d JOIN webhooks w ON w.id = d.webhook_id;

-- name: disable_gone_webhook(user_id, webhook_id, url)!
-- Unless it has moved meanwhile.
UPDATE webhooks SET enabled = false, gone = true, updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :webhook_id AND url = :url AND enabled;

-- name: settle_delivery(user_id, delivery_id, attempt, state, status, problem, delay)$
-- No row when the attempt no longer holds it.
UPDATE webhook_deliveries SET
    state = :state::text, status = :status::integer, problem = :problem::jsonb, worker = '',
    failures = failures + CASE WHEN :state = 'delivered' THEN 0 ELSE 1 END,
    next_at = CASE WHEN :state = 'pending' THEN clock_timestamp() + make_interval(secs => :delay) END,
    finished_at = CASE WHEN :state = 'pending' THEN NULL ELSE clock_timestamp() END
WHERE user_id = :user_id AND id = :delivery_id AND attempt = :attempt AND state = 'sending'
RETURNING id;

-- name: prune_deliveries(older_than, row_limit)!
-- By id, which is a time. What still waits after so long waits for an endpoint that is disabled or deleted. An array, so that
-- the rows are looked up one by one whatever number of them the planner expects.
DELETE FROM webhook_deliveries WHERE id = ANY(ARRAY(
    SELECT id FROM webhook_deliveries
    WHERE id < (SELECT uuid7(clock_timestamp() - make_interval(secs => :older_than))) AND state <> 'sending'
    ORDER BY id
    LIMIT :row_limit
    FOR UPDATE SKIP LOCKED
));
