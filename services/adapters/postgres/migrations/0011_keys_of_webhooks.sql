-- An idempotency key may name a webhook. The previous release, beside this one, finds no operation under such a key.

ALTER TABLE idempotency_keys
    ALTER COLUMN operation_id DROP NOT NULL,
    ADD COLUMN webhook_id uuid,
    ADD CONSTRAINT a_key_names_one_thing CHECK (num_nonnulls(operation_id, webhook_id) = 1),
    ADD FOREIGN KEY (user_id, webhook_id) REFERENCES webhooks (user_id, id) ON DELETE CASCADE;
CREATE INDEX idempotency_keys_webhook ON idempotency_keys (user_id, webhook_id) WHERE webhook_id IS NOT NULL;
COMMENT ON COLUMN webhooks.secret IS 'Messages are signed with it: whsec_ and the base64 of the key, or that sealed with a key that the services have.';
