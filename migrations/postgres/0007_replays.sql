-- Replays of all events that a filter takes: what they are, and how far each has come.
CREATE TABLE replays (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    state TEXT NOT NULL,
    -- The filter; null where it takes everything.
    app_id UUID,
    status TEXT,
    source TEXT,
    event_type TEXT,
    provider_id TEXT,
    outbound_status BIGINT,
    search_text TEXT,
    since BIGINT,
    until BIGINT,
    -- To this destination only.
    destination_id UUID,
    rate_per_second BIGINT NOT NULL,
    -- How many events were found when it was asked for; there may be more where not all could be counted.
    total BIGINT NOT NULL,
    is_total_whole BOOLEAN NOT NULL,
    n_replayed BIGINT NOT NULL,
    n_skipped BIGINT NOT NULL,
    -- Events up to this one were looked at; those from the other one on came later than the replay.
    looked_at_id UUID NOT NULL,
    ends_before_id UUID NOT NULL,
    -- When the next batch may be made.
    due_at BIGINT,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CONSTRAINT replays_pk PRIMARY KEY (id),
    CONSTRAINT replays_state_known CHECK (state IN ('running', 'done', 'canceled')),
    CONSTRAINT replays_due_iff_running CHECK ((state = 'running') = (due_at IS NOT NULL)),
    CONSTRAINT replays_finished_iff_ended CHECK ((state = 'running') = (finished_at IS NULL))
);
CREATE INDEX replays_by_tenant ON replays (tenant_id, id);
CREATE INDEX replays_due ON replays (due_at) WHERE due_at IS NOT NULL;

-- Where a replay sends the events of each app: to the destinations that there were when it was asked for.
CREATE TABLE replay_targets (
    replay_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    app_id UUID NOT NULL,
    destination_id UUID NOT NULL,
    CONSTRAINT replay_targets_pk PRIMARY KEY (replay_id, destination_id)
);

-- What was answered to requests that carried a key, so that the same request sent again does nothing twice.
CREATE TABLE idempotency_keys (
    tenant_id UUID NOT NULL,
    idempotency_key TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT idempotency_keys_pk PRIMARY KEY (tenant_id, idempotency_key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Whoever has a provider's id in hand finds its event, however old it is.
CREATE INDEX events_by_provider_id ON events (tenant_id, provider_id, id) WHERE provider_id IS NOT NULL;

DO $$
DECLARE
    secured TEXT;
BEGIN
    FOREACH secured IN ARRAY ARRAY['replays', 'replay_targets', 'idempotency_keys'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format(
            'CREATE POLICY acting_tenant ON %I USING (CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE '
            'ELSE tenant_id = (SELECT acting_tenant()) END)',
            secured
        );
    END LOOP;
END $$;
