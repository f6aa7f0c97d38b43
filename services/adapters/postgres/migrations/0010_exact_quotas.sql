-- A queue's quota is kept to the letter: whoever would add to an owner's queue waits for whoever is adding to it. The previous
-- release, beside this one, counts without waiting.

-- How many operations of this owner are queued; `most` is where counting ends. Until the end of its transaction the caller alone
-- adds to this owner's queue, and alone uses its idempotency keys. Taken after the story's lock, where that is taken too.
CREATE FUNCTION queue_alone(owner uuid, most integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(1380929357, uuid_hash(owner));  -- spells "ROOM"
    -- Looks anew, and so sees what whoever had the lock before has committed.
    RETURN queued_operations(owner, most);
END
$$;
