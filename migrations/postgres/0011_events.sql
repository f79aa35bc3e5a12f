-- Events are found by values inside them, and are sent to URLs that are no destinations.

-- The fields that an app's events can be found by, as a JSON list.
ALTER TABLE apps ADD COLUMN indexed_fields TEXT NOT NULL DEFAULT '[]';

-- A term stands for an app's field and its value, and says neither to whoever has no key. Without the tenant in the key:
-- its key made the term.
CREATE TABLE event_terms (
    event_id UUID NOT NULL,
    term BYTEA NOT NULL,
    tenant_id UUID NOT NULL,
    CONSTRAINT event_terms_pk PRIMARY KEY (event_id, term)
) PARTITION BY RANGE (event_id);
CREATE TABLE event_terms_default PARTITION OF event_terms DEFAULT;
CREATE INDEX event_terms_by_term ON event_terms (term, event_id);

-- A day's tables are dropped together: each day that there is gets its terms.
DO $$
DECLARE
    part RECORD;
BEGIN
    FOR part IN
        SELECT c.relname::text AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'events'::regclass AND c.relname <> 'events_default'
    LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF event_terms %s',
            regexp_replace(part.name, '^events_', 'event_terms_'), part.bounds);
    END LOOP;
END $$;

-- Made to a URL that is no destination: it says nothing about whether its event has arrived.
ALTER TABLE deliveries ADD COLUMN is_aside BOOLEAN NOT NULL DEFAULT FALSE;

-- URLs that an app's events are replayed to; their ids are those of destinations.
CREATE TABLE replay_urls (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    app_id UUID NOT NULL,
    url TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    key_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- Later with each replay.
    expires_at BIGINT NOT NULL,
    CONSTRAINT replay_urls_pk PRIMARY KEY (id),
    CONSTRAINT replay_urls_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE INDEX replay_urls_by_app ON replay_urls (app_id, id);
CREATE INDEX replay_urls_expired ON replay_urls (expires_at);

-- To this URL only; with it, `destination_id` is that of its row.
ALTER TABLE replays ADD COLUMN url TEXT;
-- Of the filter: a line for each field, with its terms and its name; never with its value.
ALTER TABLE replays ADD COLUMN fields TEXT;

-- A page of a list reads 200 attempts. Whose each is, is said by its delivery, too, which lies in one table. The services
-- have every statement planned anew; these, which are run for single rows, are planned once a connection.
ALTER FUNCTION tenant_of_event(UUID) SET plan_cache_mode = force_generic_plan;
ALTER FUNCTION tenant_of_app(UUID) SET plan_cache_mode = force_generic_plan;
CREATE FUNCTION tenant_of_delivery(delivery UUID) RETURNS UUID LANGUAGE plpgsql STABLE
    SET plan_cache_mode = force_generic_plan AS $$
BEGIN
    RETURN (SELECT d.tenant_id FROM deliveries d WHERE d.id = delivery);
END $$;
DROP POLICY acting_tenant ON attempts;
CREATE POLICY acting_tenant ON attempts USING (
    CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE ELSE tenant_of_delivery(delivery_id) = (SELECT acting_tenant()) END
);

DO $$
DECLARE
    secured TEXT;
BEGIN
    FOREACH secured IN ARRAY ARRAY['event_terms', 'replay_urls'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format(
            'CREATE POLICY acting_tenant ON %I USING (CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE '
            'ELSE tenant_id = (SELECT acting_tenant()) END)',
            secured
        );
    END LOOP;
END $$;
CREATE POLICY acting_tenant_owns ON replay_urls AS RESTRICTIVE FOR INSERT WITH CHECK (
    CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE ELSE tenant_of_app(app_id) = (SELECT acting_tenant()) END
);
