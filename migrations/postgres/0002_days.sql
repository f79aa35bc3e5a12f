-- The log is kept in a partition for each day. Days are made while the service runs; this makes room for them.

-- What is there already would have to be read each time that a day is made: it goes into a partition of its own, which
-- ends with the day of its newest row, and the default one is empty again.
SET LOCAL statement_timeout = 0;

DO $$
DECLARE
    part RECORD;
    newest UUID;
    rest UUID;
BEGIN
    FOR part IN SELECT * FROM (VALUES ('events', 'id'), ('event_keys', 'event_id'), ('event_contents', 'event_id'),
        ('attempts', 'delivery_id')) AS part (name, key)
    LOOP
        EXECUTE format('SELECT %I FROM %I ORDER BY 1 DESC LIMIT 1', part.key, part.name || '_default') INTO rest;
        newest := GREATEST(newest, rest);
    END LOOP;
    IF newest IS NULL THEN
        RETURN;
    END IF;
    -- An id begins with 48 bits of milliseconds; the next day's first id has them rounded up, and nothing behind them.
    rest := rpad(lpad(to_hex(
        (('x' || substr(replace(newest::text, '-', ''), 1, 12))::bit(48)::bigint / 86400000 + 1) * 86400000
    ), 12, '0'), 32, '0')::uuid;
    FOR part IN SELECT * FROM (VALUES ('events'), ('event_keys'), ('event_contents'), ('attempts')) AS part (name)
    LOOP
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', part.name, part.name || '_default');
        EXECUTE format('ALTER TABLE %I RENAME TO %I', part.name || '_default', part.name || '_before');
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)',
            part.name, part.name || '_before', rest);
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', part.name || '_default', part.name);
    END LOOP;
END
$$;

-- Sealed bytes do not compress: every day stores them outside the row as they are.
ALTER TABLE event_contents ALTER COLUMN sealed_head SET STORAGE EXTERNAL;
ALTER TABLE event_contents ALTER COLUMN sealed_body SET STORAGE EXTERNAL;
ALTER TABLE attempts ALTER COLUMN sealed_answer SET STORAGE EXTERNAL;
