-- What can be set about a destination: delays, bounds, further headers, and which events it wants. Null: the default.
ALTER TABLE destinations
    ADD COLUMN retry_policy TEXT,
    ADD COLUMN rate_limit_per_second BIGINT,
    ADD COLUMN max_concurrency BIGINT,
    -- A JSON list of patterns.
    ADD COLUMN event_types TEXT,
    ADD COLUMN filter TEXT,
    -- The headers' values hold tokens: sealed. Their names, with what may be shown of each value, stand beside.
    ADD COLUMN header_hints TEXT,
    ADD COLUMN sealed_headers BYTEA,
    ADD COLUMN headers_key_version BIGINT;

-- Attempts that run against destinations with a bound on them. A slot counts while its delivery has its lease.
CREATE TABLE destination_slots (
    lease_id UUID NOT NULL,
    destination_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    delivery_id UUID NOT NULL,
    -- It counts until then in any case: its handler may be at work though its attempt was given up.
    until BIGINT NOT NULL,
    CONSTRAINT destination_slots_pk PRIMARY KEY (lease_id),
    CONSTRAINT destination_slots_destination_fk FOREIGN KEY (destination_id) REFERENCES destinations (id) ON DELETE CASCADE
);
CREATE INDEX destination_slots_by_destination ON destination_slots (destination_id);

-- Whether a replay's destination wants only some events: those that were not for it are not replayed to it.
ALTER TABLE replay_targets ADD COLUMN is_choosy BOOLEAN NOT NULL DEFAULT FALSE;

DO $$
BEGIN
    ALTER TABLE destination_slots ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
    CREATE POLICY acting_tenant ON destination_slots USING (CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE
        ELSE tenant_id = (SELECT acting_tenant()) END);
END $$;
