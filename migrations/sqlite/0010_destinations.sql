-- What can be set about a destination: delays, bounds, further headers, and which events it wants. Null: the default.
ALTER TABLE destinations ADD COLUMN retry_policy TEXT;
ALTER TABLE destinations ADD COLUMN rate_limit_per_second INTEGER;
ALTER TABLE destinations ADD COLUMN max_concurrency INTEGER;
-- A JSON list of patterns.
ALTER TABLE destinations ADD COLUMN event_types TEXT;
ALTER TABLE destinations ADD COLUMN filter TEXT;
-- The headers' values hold tokens: sealed. Their names, with what may be shown of each value, stand beside.
ALTER TABLE destinations ADD COLUMN header_hints TEXT;
ALTER TABLE destinations ADD COLUMN sealed_headers BLOB;
ALTER TABLE destinations ADD COLUMN headers_key_version INTEGER;

-- Attempts that run against destinations with a bound on them. A slot counts while its delivery has its lease.
CREATE TABLE destination_slots (
    lease_id BLOB NOT NULL,
    destination_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    -- It counts until then in any case: its handler may be at work though its attempt was given up.
    until INTEGER NOT NULL,
    CONSTRAINT destination_slots_pk PRIMARY KEY (lease_id),
    CONSTRAINT destination_slots_destination_fk FOREIGN KEY (destination_id) REFERENCES destinations (id) ON DELETE CASCADE
);
CREATE INDEX destination_slots_by_destination ON destination_slots (destination_id);

-- Whether a replay's destination wants only some events: those that were not for it are not replayed to it.
ALTER TABLE replay_targets ADD COLUMN is_choosy BOOLEAN NOT NULL DEFAULT FALSE;
