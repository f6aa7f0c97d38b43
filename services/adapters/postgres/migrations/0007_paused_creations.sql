-- A file of its own, and so a transaction: building an index makes writes wait, and a claim that waits has read the view which the
-- next file replaces. Both in one transaction would wait for each other in a circle.

CREATE INDEX operations_paused_creations ON operations (story_id) WHERE status = 'paused' AND type = 'story_create';
