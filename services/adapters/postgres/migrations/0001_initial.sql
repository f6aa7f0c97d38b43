-- Everything that Storyreel must not lose. Ids are UUIDv7, made by the services. Times are the database's clock.

CREATE TABLE stories (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    deleted_at  timestamptz,
    content     text NOT NULL,
    title       text NOT NULL,
    style       text NOT NULL,
    language    text NOT NULL CHECK (language IN ('zh', 'en')),
    aspect      text NOT NULL,
    voice       text NOT NULL,
    shot_count  integer CHECK (shot_count > 0),
    status      text NOT NULL CHECK (status IN ('generating', 'ready', 'failed')),
    revision    bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
    film        jsonb,
    -- What tenant tables refer to, so that a row can never hang on another user's story; read backwards for "newest first".
    CONSTRAINT stories_by_owner UNIQUE (user_id, id)
);
COMMENT ON COLUMN stories.revision IS 'Grows with every change of the shots that a film would show.';
COMMENT ON COLUMN stories.film IS 'The compiled film (services.core.codec.film_to_json), with the revision that it shows.';

CREATE TABLE shots (
    id          uuid PRIMARY KEY,
    user_id     uuid NOT NULL,
    story_id    uuid NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at  timestamptz NOT NULL DEFAULT statement_timestamp(),
    sequence    integer NOT NULL CHECK (sequence > 0),
    title       text NOT NULL,
    description text NOT NULL,
    details     text NOT NULL,
    narration   text NOT NULL,
    prompt      text NOT NULL,
    camera      text NOT NULL,
    framing     text NOT NULL,
    transition  text NOT NULL,
    voice       text NOT NULL,
    bgm         text NOT NULL,
    seconds     double precision NOT NULL CHECK (seconds >= 0),
    status      text NOT NULL CHECK (status IN ('pending', 'generating', 'done', 'failed')),
    revision    bigint NOT NULL DEFAULT 1 CHECK (revision > 0),
    seed_image  bigint NOT NULL CHECK (seed_image BETWEEN 0 AND 2147483647),
    seed_video  bigint NOT NULL CHECK (seed_video BETWEEN 0 AND 2147483647),
    seed_audio  bigint NOT NULL CHECK (seed_audio BETWEEN 0 AND 2147483647),
    seed_text   bigint NOT NULL CHECK (seed_text BETWEEN 0 AND 2147483647),
    keyframe    jsonb,
    clip        jsonb,
    speech      jsonb,
    UNIQUE (story_id, sequence),
    CONSTRAINT shots_by_owner UNIQUE (user_id, id),
    FOREIGN KEY (user_id, story_id) REFERENCES stories (user_id, id) ON DELETE CASCADE,
    CONSTRAINT done_has_a_picture CHECK (status <> 'done' OR keyframe IS NOT NULL)
);

CREATE TABLE assets (
    user_id     uuid NOT NULL,
    story_id    uuid NOT NULL,
    position    integer NOT NULL CHECK (position > 0),
    kind        text NOT NULL CHECK (kind IN ('character', 'prop', 'place')),
    name        text NOT NULL,
    look        text NOT NULL,
    PRIMARY KEY (story_id, position),
    FOREIGN KEY (user_id, story_id) REFERENCES stories (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE assets IS 'The bible of a story: characters, props and places with their fixed looks, in order.';

CREATE TABLE operations (
    id                  uuid PRIMARY KEY,
    user_id             uuid NOT NULL,
    story_id            uuid NOT NULL,
    shot_id             uuid,
    type                text NOT NULL CHECK (type IN ('story_create', 'shot_regen', 'video_render')),
    payload             jsonb NOT NULL,
    status              text NOT NULL DEFAULT 'queued'
                        CHECK (status IN ('queued', 'running', 'paused', 'succeeded', 'failed', 'cancelled')),
    created_at          timestamptz NOT NULL DEFAULT statement_timestamp(),
    updated_at          timestamptz NOT NULL DEFAULT statement_timestamp(),
    run_after           timestamptz NOT NULL DEFAULT statement_timestamp(),
    attempt             integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts        integer NOT NULL DEFAULT 3 CHECK (max_attempts > 0),
    failures            integer NOT NULL DEFAULT 0 CHECK (failures >= 0),
    losses              integer NOT NULL DEFAULT 0 CHECK (losses >= 0),
    worker              text NOT NULL DEFAULT '',
    progress            double precision NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 1),
    stage               text NOT NULL DEFAULT '',
    failure             jsonb,
    started_at          timestamptz,
    finished_at         timestamptz,
    lease_expires_at    timestamptz,
    cancel_requested_at timestamptz,
    announced_at        timestamptz,
    last_seq            integer NOT NULL DEFAULT 0 CHECK (last_seq >= 0),
    CONSTRAINT operations_by_owner UNIQUE (user_id, id),
    FOREIGN KEY (user_id, story_id) REFERENCES stories (user_id, id) ON DELETE CASCADE,
    FOREIGN KEY (user_id, shot_id) REFERENCES shots (user_id, id) ON DELETE CASCADE,
    CONSTRAINT a_regenerate_names_its_shot CHECK ((type = 'shot_regen') = (shot_id IS NOT NULL)),
    CONSTRAINT finished_exactly_when_terminal
        CHECK ((finished_at IS NOT NULL) = (status IN ('succeeded', 'failed', 'cancelled'))),
    CONSTRAINT failed_says_why_and_no_other_end_does
        CHECK (finished_at IS NULL OR (failure IS NOT NULL) = (status = 'failed')),
    CONSTRAINT started_exactly_when_attempted CHECK ((started_at IS NOT NULL) = (attempt > 0)),
    CONSTRAINT each_failure_and_loss_was_an_attempt CHECK (failures + losses <= attempt),
    CONSTRAINT running_has_an_attempt_and_a_worker CHECK (status <> 'running' OR (attempt > 0 AND worker <> '')),
    CONSTRAINT succeeded_after_an_attempt CHECK (status <> 'succeeded' OR (attempt > 0 AND progress = 1)),
    CONSTRAINT leased_only_while_running CHECK (lease_expires_at IS NULL OR status = 'running'),
    CONSTRAINT queued_is_not_being_cancelled CHECK (status NOT IN ('queued', 'paused') OR cancel_requested_at IS NULL)
);
COMMENT ON COLUMN operations.attempt IS 'Grows at each claim; the fencing token that every write of a worker carries.';
COMMENT ON COLUMN operations.failure IS 'Why it failed; before its end, why the attempt before failed.';
COMMENT ON COLUMN operations.failures IS 'Attempts that ended with a failure worth a retry: what max_attempts bounds.';
COMMENT ON COLUMN operations.losses IS 'Attempts that were lost with their worker (the lease expired).';
COMMENT ON COLUMN operations.announced_at IS 'Null until the broker has acknowledged the wake-up: the table is its own outbox.';
COMMENT ON COLUMN operations.last_seq IS 'The seq of the newest event; raised under this row''s lock, so events have no gaps.';
CREATE INDEX operations_of_story ON operations (story_id, id DESC);
CREATE INDEX operations_of_shot ON operations (user_id, shot_id) WHERE shot_id IS NOT NULL;
CREATE INDEX operations_active ON operations (story_id) WHERE status IN ('queued', 'running');
CREATE INDEX operations_queued ON operations (id) WHERE status = 'queued';
CREATE INDEX operations_unannounced ON operations (id) WHERE status = 'queued' AND announced_at IS NULL;
CREATE INDEX operations_leased ON operations (lease_expires_at NULLS FIRST) WHERE status = 'running';

CREATE TABLE operation_events (
    operation_id uuid NOT NULL,
    seq          integer NOT NULL CHECK (seq > 0),
    user_id      uuid NOT NULL,
    story_id     uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT statement_timestamp(),
    kind         text NOT NULL CHECK (kind <> ''),
    data         jsonb NOT NULL,
    PRIMARY KEY (operation_id, seq),
    FOREIGN KEY (user_id, operation_id) REFERENCES operations (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE operation_events IS 'The timeline of an operation, append-only.';

CREATE TABLE artifacts (
    key        text PRIMARY KEY CHECK (key ~ '^[0-9a-f]{64}$'),
    kind       text NOT NULL,
    engine     jsonb NOT NULL,
    parts      jsonb NOT NULL,
    meta       jsonb NOT NULL,
    seconds    double precision NOT NULL CHECK (seconds >= 0),
    created_at timestamptz NOT NULL DEFAULT statement_timestamp()
);
COMMENT ON TABLE artifacts IS 'What a recipe gave, by the recipe''s key. Belongs to nobody: equal recipes share it.';

CREATE TABLE shot_versions (
    shot_id    uuid NOT NULL,
    asset_type text NOT NULL CHECK (asset_type IN ('ASSET_IMAGE', 'ASSET_VIDEO', 'ASSET_AUDIO', 'ASSET_TEXT')),
    number     integer NOT NULL CHECK (number > 0),
    user_id    uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT statement_timestamp(),
    made       jsonb,
    text       jsonb NOT NULL,
    seed       bigint NOT NULL CHECK (seed BETWEEN 0 AND 2147483647),
    current    boolean NOT NULL,
    PRIMARY KEY (shot_id, asset_type, number),
    FOREIGN KEY (user_id, shot_id) REFERENCES shots (user_id, id) ON DELETE CASCADE,
    CONSTRAINT text_or_media CHECK ((asset_type = 'ASSET_TEXT') = (made IS NULL))
);
CREATE UNIQUE INDEX shot_versions_current ON shot_versions (shot_id, asset_type) WHERE current;
CREATE UNIQUE INDEX shot_versions_made ON shot_versions (shot_id, asset_type, (made ->> 'key')) WHERE made IS NOT NULL;

CREATE TABLE idempotency_keys (
    user_id      uuid NOT NULL,
    key          text NOT NULL CHECK (length(key) BETWEEN 1 AND 255),
    request      text NOT NULL,
    operation_id uuid NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, key),
    FOREIGN KEY (user_id, operation_id) REFERENCES operations (user_id, id) ON DELETE CASCADE
);
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);
CREATE INDEX idempotency_keys_operation ON idempotency_keys (user_id, operation_id);

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    name         text NOT NULL,
    sha256       bytea NOT NULL UNIQUE CHECK (length(sha256) = 32),
    created_at   timestamptz NOT NULL DEFAULT statement_timestamp(),
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);
COMMENT ON COLUMN api_keys.sha256 IS 'Of the key, which has 256 random bits and is never stored.';
CREATE INDEX api_keys_of_user ON api_keys (user_id, id DESC);

CREATE TABLE uploads (
    id           uuid PRIMARY KEY,
    user_id      uuid NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT statement_timestamp(),
    name         text NOT NULL,
    content_type text NOT NULL,
    size         bigint NOT NULL CHECK (size >= 0),
    digest       text NOT NULL CHECK (digest ~ '^[0-9a-f]{64}$')
);
CREATE INDEX uploads_of_user ON uploads (user_id, id DESC);

CREATE TABLE workers (
    name    text PRIMARY KEY CHECK (name <> ''),
    beat_at timestamptz NOT NULL
);

-- services.core.lifecycle.conflicts, in SQL; a test holds the two to the same answers.
CREATE FUNCTION conflicts(a text, b text, same_shot boolean) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN a = 'story_create' OR b = 'story_create'
        OR (a = 'video_render' AND b = 'video_render')
        OR (a = 'shot_regen' AND b = 'shot_regen' AND same_shot);

-- The one rule for what may start: queued, due, and neither a conflicting operation running nor an older one queued.
CREATE VIEW claimable_operations AS
    SELECT o.id, o.story_id
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

-- Whether an operation may start, asked while its story is locked: of two claims on one story the second sees what the first
-- has done. A volatile function takes a fresh snapshot for each of its statements, which one statement of SQL cannot.
CREATE FUNCTION may_start(candidate uuid) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM FROM operations o JOIN stories s ON s.id = o.story_id
    WHERE o.id = candidate AND s.deleted_at IS NULL
    FOR NO KEY UPDATE OF s;
    RETURN FOUND AND EXISTS (SELECT FROM claimable_operations c WHERE c.id = candidate);
END
$$;
