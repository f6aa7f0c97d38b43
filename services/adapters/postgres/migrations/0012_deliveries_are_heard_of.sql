-- Who sends webhooks' messages hears of one as soon as it is committed. A file of its own, and so a transaction: the sweep writes
-- deliveries before it prunes the keys that the file before has changed, and the two would wait for each other in a circle.

CREATE FUNCTION tell_senders() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NOTIFY storyreel_deliveries;  -- of several in one transaction one is told
    RETURN NULL;
END
$$;
-- For each row and not for each statement: an end whose owner has no endpoint inserts none, and tells nobody.
CREATE TRIGGER tell_senders AFTER INSERT OR UPDATE OF next_at ON webhook_deliveries
    FOR EACH ROW WHEN (NEW.state = 'pending' AND NEW.next_at <= clock_timestamp())
    EXECUTE FUNCTION tell_senders();
