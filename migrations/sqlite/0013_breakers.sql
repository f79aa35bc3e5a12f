-- The circuit breakers of destinations that are open, or were until a moment ago; a destination without a row has none
-- to heed.
CREATE TABLE destination_breakers (
    destination_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    opened_at INTEGER NOT NULL,
    -- Tries that failed since then.
    n_failed INTEGER NOT NULL,
    -- When the next try may begin; 0: as soon as anybody can.
    try_at INTEGER NOT NULL,
    -- While a try runs: when it is over at the latest.
    trying_until INTEGER,
    closed_at INTEGER,
    CONSTRAINT destination_breakers_pk PRIMARY KEY (destination_id),
    CONSTRAINT destination_breakers_destination_fk FOREIGN KEY (destination_id) REFERENCES destinations (id)
        ON DELETE CASCADE
);
CREATE INDEX destination_breakers_by_tenant ON destination_breakers (tenant_id);

-- What waits for a destination that has as much to do as it may stands aside, so that the sweep need not look at it
-- again and again; its `due_at` is then the instant at which somebody looks at the latest.
ALTER TABLE deliveries ADD COLUMN is_parked BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX deliveries_parked ON deliveries (destination_id, id) WHERE is_parked AND state = 'pending';
