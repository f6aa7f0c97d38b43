-- name: shots(user_id, story_id)
SELECT * FROM shots WHERE user_id = :user_id AND story_id = :story_id ORDER BY sequence;

-- name: shot(user_id, story_id, shot_id)^
SELECT sh.* FROM shots sh JOIN stories s ON s.id = sh.story_id
WHERE sh.user_id = :user_id AND sh.story_id = :story_id AND sh.id = :shot_id AND s.deleted_at IS NULL;

-- name: lock_shot(user_id, story_id, shot_id)^
-- After its story.
SELECT * FROM shots WHERE user_id = :user_id AND story_id = :story_id AND id = :shot_id
FOR NO KEY UPDATE;

-- name: insert_shots(user_id, story_id, shots)!
-- A storyboard's shots, and its text as the first version of each.
WITH draft AS (
    SELECT * FROM jsonb_to_recordset(:shots::jsonb) AS d (
        id uuid, sequence integer, title text, description text, narration text, prompt text, camera text, framing text,
        transition text, voice text, bgm text, seconds double precision, seed bigint, text jsonb
    )
), shot AS (
    INSERT INTO shots (
        id, user_id, story_id, sequence, title, description, details, narration, prompt, camera, framing, transition, voice, bgm,
        seconds, status, seed_image, seed_video, seed_audio, seed_text
    )
    SELECT
        id, :user_id::uuid, :story_id::uuid, sequence, title, description, description, narration, prompt, camera, framing,
        transition, voice, bgm, seconds, 'pending', seed, seed, seed, seed
    FROM draft
)
INSERT INTO shot_versions (shot_id, asset_type, number, user_id, made, text, seed, current)
SELECT id, 'ASSET_TEXT', 1, :user_id::uuid, NULL, text, seed, true FROM draft;

-- name: shots_of_operations(user_id, story_id)
-- The shots that operations are about, whatever became of those.
SELECT DISTINCT shot_id FROM operations WHERE user_id = :user_id AND story_id = :story_id AND shot_id IS NOT NULL;

-- name: remove_shots(user_id, story_id, shot_ids)!
DELETE FROM shots WHERE user_id = :user_id AND story_id = :story_id AND id = ANY(:shot_ids::uuid[]);

-- name: update_shot(user_id, shot_id, title, description, details, narration, prompt, camera, framing, transition, voice, bgm, seconds, status, revision, seed_image, seed_video, seed_audio, seed_text, keyframe, clip, speech)^
-- All that may change, as merged from the locked row.
UPDATE shots SET
    title = :title, description = :description, details = :details, narration = :narration, prompt = :prompt, camera = :camera,
    framing = :framing, transition = :transition, voice = :voice, bgm = :bgm, seconds = :seconds, status = :status,
    revision = :revision, seed_image = :seed_image, seed_video = :seed_video, seed_audio = :seed_audio, seed_text = :seed_text,
    keyframe = :keyframe::jsonb, clip = :clip::jsonb, speech = :speech::jsonb, updated_at = clock_timestamp()
WHERE user_id = :user_id AND id = :shot_id
RETURNING *;

-- name: versions(user_id, shot_id)
SELECT * FROM shot_versions WHERE user_id = :user_id AND shot_id = :shot_id ORDER BY asset_type, number DESC;

-- name: version(user_id, shot_id, asset_type, number)^
SELECT * FROM shot_versions
WHERE user_id = :user_id AND shot_id = :shot_id AND asset_type = :asset_type AND number = :number;

-- name: known_version(user_id, shot_id, asset_type, key, text, seed)$
-- The number under which this take is kept already: media by their key, text when nothing has changed.
SELECT number FROM shot_versions
WHERE user_id = :user_id AND shot_id = :shot_id AND asset_type = :asset_type
  AND CASE WHEN :key::text IS NULL THEN current AND text = :text::jsonb AND seed = :seed ELSE made ->> 'key' = :key END;

-- name: retire_version(user_id, shot_id, asset_type)!
UPDATE shot_versions SET current = false
WHERE user_id = :user_id AND shot_id = :shot_id AND asset_type = :asset_type AND current;

-- name: make_version_current(user_id, shot_id, asset_type, number)!
UPDATE shot_versions SET current = true
WHERE user_id = :user_id AND shot_id = :shot_id AND asset_type = :asset_type AND number = :number;

-- name: add_version(user_id, shot_id, asset_type, made, text, seed)$
-- The next number is safe to take: the shot's row is locked.
INSERT INTO shot_versions (shot_id, asset_type, number, user_id, made, text, seed, current)
SELECT :shot_id::uuid, :asset_type::text, coalesce(max(number), 0) + 1, :user_id::uuid, :made::jsonb, :text::jsonb, :seed::bigint, true
FROM shot_versions WHERE shot_id = :shot_id AND asset_type = :asset_type
RETURNING number;
