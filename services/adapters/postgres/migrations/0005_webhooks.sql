-- Webhooks. The previous release, beside this one, writes the same deliveries: the trigger does, and not the services' statements.

-- A UUIDv7 for rows that the database makes by itself; its order is that of time to the millisecond.
CREATE FUNCTION uuid7(at timestamptz) RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    SELECT encode(set_bit(set_bit(overlay(
        uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM at) * 1000)::bigint) FROM 3) FROM 1 FOR 6
    ), 52, 1), 53, 1), 'hex')::uuid
$$;

CREATE TABLE webhooks (
    id               uuid PRIMARY KEY,
    user_id          uuid NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at       timestamptz NOT NULL DEFAULT statement_timestamp(),
    url              text NOT NULL,
    description      text NOT NULL,
    event_types      text[] NOT NULL CHECK (cardinality(event_types) > 0),
    enabled          boolean NOT NULL,
    gone             boolean NOT NULL DEFAULT false,
    secret           text NOT NULL,
    old_secret       text,
    old_secret_until timestamptz,
    CONSTRAINT webhooks_by_owner UNIQUE (user_id, id),
    CONSTRAINT an_old_secret_has_its_time CHECK ((old_secret IS NULL) = (old_secret_until IS NULL)),
    CONSTRAINT what_is_gone_is_disabled CHECK (NOT (gone AND enabled))
);
COMMENT ON COLUMN webhooks.gone IS 'Disabled because it answered 410.';
COMMENT ON COLUMN webhooks.secret IS 'Messages are signed with it, so it is kept as it is: whsec_ and the base64 of the key.';

CREATE TABLE webhook_deliveries (
    id          uuid PRIMARY KEY DEFAULT uuid7(clock_timestamp()),
    user_id     uuid NOT NULL,
    -- No foreign key: its check would lock the endpoint's row in every transaction that ends an operation of its owner. What is
    -- left of a deleted endpoint is never claimed, and pruned in time.
    webhook_id  uuid NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    event_id    text NOT NULL,
    event_type  text NOT NULL,
    event_at    timestamptz NOT NULL,
    data        jsonb NOT NULL,
    state       text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sending', 'delivered', 'failed')),
    attempt     integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    failures    integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    worker      text NOT NULL DEFAULT '',
    next_at     timestamptz DEFAULT statement_timestamp(),
    sent_at     timestamptz,
    status      integer,
    problem     jsonb,
    finished_at timestamptz,
    CONSTRAINT a_delivery_has_ended_or_a_time CHECK ((next_at IS NULL) = (state IN ('delivered', 'failed'))),
    CONSTRAINT a_delivery_ends_once CHECK ((finished_at IS NULL) = (next_at IS NOT NULL)),
    CONSTRAINT a_delivery_is_sent_by_an_attempt CHECK (state = 'pending' OR (attempt > 0 AND sent_at IS NOT NULL)),
    CONSTRAINT a_delivered_one_has_no_problem CHECK (state <> 'delivered' OR problem IS NULL)
);
COMMENT ON COLUMN webhook_deliveries.attempt IS 'Grows at each claim; the fencing token of what is written of it.';
COMMENT ON COLUMN webhook_deliveries.failures IS 'Failed attempts since it was begun, or begun anew: its place in the schedule.';
COMMENT ON COLUMN webhook_deliveries.next_at IS 'When to send it; while it is being sent, when that lease ends.';
CREATE INDEX webhook_deliveries_of_webhook ON webhook_deliveries (webhook_id, id DESC);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_at) WHERE state IN ('pending', 'sending');
CREATE INDEX webhook_deliveries_sending ON webhook_deliveries (user_id, webhook_id) WHERE state = 'sending';

-- services.core.webhooks.event_of, in SQL; a test holds the two to the same answers.
CREATE FUNCTION tell_webhooks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told CONSTANT text := CASE NEW.kind WHEN 'shot_landed' THEN 'shot.landed' ELSE 'operation.' || NEW.kind END;
BEGIN
    INSERT INTO webhook_deliveries (user_id, webhook_id, event_id, event_type, event_at, data)
    SELECT w.user_id, w.id, 'evt_' || replace(o.id::text, '-', '') || '_' || NEW.seq, told, NEW.at,
        jsonb_build_object(
            'operation_id', o.id, 'operation_type', o.type, 'story_id', NEW.story_id, 'shot_id', o.shot_id, 'seq', NEW.seq
        ) || CASE NEW.kind WHEN 'shot_landed' THEN NEW.data ELSE jsonb_build_object(
            'status', NEW.kind, 'attempt', o.attempt, 'error', nullif(jsonb_strip_nulls(
                jsonb_build_object('reason', NEW.data ->> 'reason', 'message', NEW.data ->> 'message')
            ), '{}')
        ) END
    FROM webhooks w JOIN operations o ON o.id = NEW.operation_id
    WHERE w.user_id = NEW.user_id AND w.enabled AND told = ANY(w.event_types);
    RETURN NULL;
END
$$;
-- A trigger, so that no way to end an operation can forget it. Its WHEN is looked at before anything is called or queued: the
-- other entries of a timeline cost nothing, and these, where the owner has no endpoint, one look into an index.
CREATE TRIGGER tell_webhooks AFTER INSERT ON operation_events
    FOR EACH ROW WHEN (NEW.kind IN ('succeeded', 'failed', 'cancelled', 'shot_landed'))
    EXECUTE FUNCTION tell_webhooks();

-- Where the claim before left off, when more endpoints waited than one claim looks at.
CREATE TABLE webhook_rounds (visited uuid NOT NULL);
INSERT INTO webhook_rounds VALUES ('00000000-0000-0000-0000-000000000000');

-- Claims come one at a time, so that what is being sent is counted exactly. A function, because each of its statements sees what
-- the claim before has done, and because no client can be stopped between the lock and the end of the transaction.
CREATE FUNCTION claim_webhook_deliveries(claimer text, lease double precision, most integer, per_webhook integer, per_user integer)
    RETURNS SETOF webhook_deliveries LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    beginning CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    looked_at CONSTANT integer := 500;
    at timestamptz;
    round webhook_rounds;
    waiting uuid[];
    last uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(310568242003); -- spells "HOOKS"
    at := clock_timestamp();
    SELECT * INTO round FROM webhook_rounds;

    -- The next endpoints that something waits for, each found by one look into the index: what waits there is not read.
    WITH RECURSIVE each (webhook_id, n) AS (
        SELECT round.visited, 0
        UNION ALL
        SELECT (
            SELECT d.webhook_id FROM webhook_deliveries d
            WHERE d.state IN ('pending', 'sending') AND d.webhook_id > each.webhook_id
            ORDER BY d.webhook_id LIMIT 1
        ), each.n + 1
        FROM each WHERE each.webhook_id IS NOT NULL AND each.n < looked_at
    )
    SELECT array_agg(each.webhook_id ORDER BY each.n) INTO waiting FROM each WHERE each.n > 0 AND each.webhook_id IS NOT NULL;
    last := CASE WHEN cardinality(waiting) = looked_at THEN waiting[looked_at] ELSE beginning END;
    IF last <> round.visited THEN
        UPDATE webhook_rounds SET visited = last;
    END IF;

    RETURN QUERY
    WITH busy AS (
        SELECT d.user_id, d.webhook_id, count(*) AS sends FROM webhook_deliveries d
        WHERE d.state = 'sending' AND d.next_at > at
        GROUP BY d.user_id, d.webhook_id
    ), ready AS (
        SELECT w.id, w.user_id, coalesce(b.sends, 0) AS sends, count(*) OVER () AS endpoints
        FROM unnest(waiting) AS found (id) JOIN webhooks w ON w.id = found.id AND w.enabled
        LEFT JOIN busy b ON b.webhook_id = w.id
        WHERE coalesce(b.sends, 0) < per_webhook AND EXISTS (
            SELECT FROM webhook_deliveries d
            WHERE d.webhook_id = w.id AND d.state IN ('pending', 'sending') AND d.next_at <= at
        )
    ), due AS (
        -- Of many endpoints a few deliveries each are enough to choose from.
        SELECT r.user_id, d.id, d.next_at, r.sends + row_number() OVER (PARTITION BY r.id ORDER BY d.next_at) AS nth
        FROM ready r CROSS JOIN LATERAL (
            SELECT q.id, q.next_at FROM webhook_deliveries q
            WHERE q.webhook_id = r.id AND q.state IN ('pending', 'sending') AND q.next_at <= at
            ORDER BY q.next_at LIMIT least(per_webhook - r.sends, 1 + 2 * most / r.endpoints)
        ) d
    ), turns AS (
        SELECT due.id, due.next_at, row_number() OVER (PARTITION BY due.user_id ORDER BY due.nth, due.next_at)
            + coalesce((SELECT sum(b.sends) FROM busy b WHERE b.user_id = due.user_id), 0) AS turn
        FROM due
    ), chosen AS (
        SELECT turns.id FROM turns WHERE turns.turn <= per_user ORDER BY turns.turn, turns.next_at LIMIT most
    ), held AS (
        SELECT d.id FROM webhook_deliveries d WHERE d.id = ANY(ARRAY(SELECT chosen.id FROM chosen))
        FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE webhook_deliveries d SET
        state = 'sending', attempt = d.attempt + 1, worker = claimer, sent_at = at, next_at = at + make_interval(secs => lease)
    WHERE d.id = ANY(ARRAY(SELECT held.id FROM held))
    RETURNING d.*;
END
$$;
