-- Replays of all events that a filter takes: what they are, and how far each has come.
CREATE TABLE replays (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    state TEXT NOT NULL,
    -- The filter; null where it takes everything.
    app_id BLOB,
    status TEXT,
    source TEXT,
    event_type TEXT,
    provider_id TEXT,
    outbound_status INTEGER,
    search_text TEXT,
    since INTEGER,
    until INTEGER,
    -- To this destination only.
    destination_id BLOB,
    rate_per_second INTEGER NOT NULL,
    -- How many events were found when it was asked for; there may be more where not all could be counted.
    total INTEGER NOT NULL,
    is_total_whole BOOLEAN NOT NULL,
    n_replayed INTEGER NOT NULL,
    n_skipped INTEGER NOT NULL,
    -- Events up to this one were looked at; those from the other one on came later than the replay.
    looked_at_id BLOB NOT NULL,
    ends_before_id BLOB NOT NULL,
    -- When the next batch may be made.
    due_at INTEGER,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CONSTRAINT replays_pk PRIMARY KEY (id),
    CONSTRAINT replays_state_known CHECK (state IN ('running', 'done', 'canceled')),
    CONSTRAINT replays_due_iff_running CHECK ((state = 'running') = (due_at IS NOT NULL)),
    CONSTRAINT replays_finished_iff_ended CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX replays_by_tenant ON replays (tenant_id, id);
CREATE INDEX replays_due ON replays (due_at) WHERE due_at IS NOT NULL;

-- Where a replay sends the events of each app: to the destinations that there were when it was asked for.
CREATE TABLE replay_targets (
    replay_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    destination_id BLOB NOT NULL,
    CONSTRAINT replay_targets_pk PRIMARY KEY (replay_id, destination_id)
);

-- What was answered to requests that carried a key, so that the same request sent again does nothing twice.
CREATE TABLE idempotency_keys (
    tenant_id BLOB NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Whoever has a provider's id in hand finds its event, however old it is.
CREATE INDEX events_by_provider_id ON events (tenant_id, provider_id, id) WHERE provider_id IS NOT NULL;
