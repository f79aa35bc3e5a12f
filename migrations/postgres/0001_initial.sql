-- Configuration: who exists, and what they set up. Instants are milliseconds since 1970 UTC.

CREATE TABLE master_keys (
    version BIGINT NOT NULL,
    fingerprint BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT master_keys_pk PRIMARY KEY (version)
);

CREATE TABLE tenants (
    id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT tenants_pk PRIMARY KEY (id),
    CONSTRAINT tenants_slug_unique UNIQUE (slug)
);

-- Every slug that a tenant has or had: inbound URLs go on routing after a rename.
CREATE TABLE tenant_slugs (
    slug TEXT NOT NULL,
    tenant_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT tenant_slugs_pk PRIMARY KEY (slug),
    CONSTRAINT tenant_slugs_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX tenant_slugs_by_tenant ON tenant_slugs (tenant_id);

-- Tenant keys, wrapped by the master key of a version. Destroying them erases the tenant.
CREATE TABLE tenant_keys (
    tenant_id UUID NOT NULL,
    version BIGINT NOT NULL,
    master_version BIGINT NOT NULL,
    wrapped BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT tenant_keys_pk PRIMARY KEY (tenant_id, version),
    CONSTRAINT tenant_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE users (
    id UUID NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT users_pk PRIMARY KEY (id),
    CONSTRAINT users_email_unique UNIQUE (email)
);

CREATE TABLE members (
    tenant_id UUID NOT NULL,
    user_id UUID NOT NULL,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT members_pk PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT members_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT members_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT members_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE sessions (
    id UUID NOT NULL,
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT sessions_pk PRIMARY KEY (id),
    CONSTRAINT sessions_token_unique UNIQUE (token_hash),
    CONSTRAINT sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_keys (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    name TEXT NOT NULL,
    public_id TEXT NOT NULL,
    hash BYTEA NOT NULL,
    last4 TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT,
    CONSTRAINT api_keys_pk PRIMARY KEY (id),
    CONSTRAINT api_keys_public_id_unique UNIQUE (public_id),
    CONSTRAINT api_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE apps (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    source_config TEXT NOT NULL,
    sealed_secret BYTEA,
    key_version BIGINT NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_paused BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT apps_pk PRIMARY KEY (id),
    CONSTRAINT apps_slug_unique UNIQUE (tenant_id, slug),
    CONSTRAINT apps_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- Every slug that an app has or had, within its tenant.
CREATE TABLE app_slugs (
    tenant_id UUID NOT NULL,
    slug TEXT NOT NULL,
    app_id UUID NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT app_slugs_pk PRIMARY KEY (tenant_id, slug),
    CONSTRAINT app_slugs_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE INDEX app_slugs_by_app ON app_slugs (app_id);

CREATE TABLE destinations (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    app_id UUID NOT NULL,
    url TEXT NOT NULL,
    is_paused BOOLEAN NOT NULL,
    paused_reason TEXT,
    timeout_seconds BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    signature_mode TEXT NOT NULL,
    sealed_secret BYTEA NOT NULL,
    key_version BIGINT NOT NULL,
    secret_hint TEXT NOT NULL,
    -- The secret before the last rotation signs too, until its instant.
    former_sealed_secret BYTEA,
    former_key_version BIGINT,
    former_until BIGINT,
    created_at BIGINT NOT NULL,
    CONSTRAINT destinations_pk PRIMARY KEY (id),
    CONSTRAINT destinations_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE,
    CONSTRAINT destinations_signature_mode_known CHECK (signature_mode IN ('anyhook', 'standard')),
    CONSTRAINT destinations_former_whole CHECK (
        (former_sealed_secret IS NULL) = (former_until IS NULL)
        AND (former_sealed_secret IS NULL) = (former_key_version IS NULL)
    )
);
CREATE INDEX destinations_by_app ON destinations (tenant_id, app_id);
CREATE INDEX destinations_of_app ON destinations (app_id);

-- Who did or looked at what. Rows are only ever added.
CREATE TABLE audit_log (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    user_id UUID,
    api_key_id UUID,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    at BIGINT NOT NULL,
    CONSTRAINT audit_log_pk PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, id);

-- The event log. Its ids are UUIDv7, so a range of ids is a range of time: tables are partitioned by id. No foreign keys between its tables: retention drops old rows table by table.

CREATE TABLE events (
    id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    app_id UUID NOT NULL,
    source TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    method TEXT NOT NULL,
    path_rest TEXT NOT NULL,
    event_type TEXT,
    provider_id TEXT,
    -- The same provider id came before with another body.
    is_conflicting BOOLEAN NOT NULL,
    -- How often the same came again.
    n_duplicates BIGINT NOT NULL DEFAULT 0,
    verification TEXT NOT NULL,
    -- Why it was turned away, in words; null for an accepted event.
    rejection TEXT,
    body_hash BYTEA NOT NULL,
    body_bytes BIGINT NOT NULL,
    key_version BIGINT NOT NULL,
    traceparent TEXT NOT NULL,
    keep_until BIGINT,
    CONSTRAINT events_pk PRIMARY KEY (id),
    CONSTRAINT events_verification_known CHECK (verification IN ('verified', 'failed', 'none')),
    CONSTRAINT events_rejected_only_if_failed CHECK (rejection IS NULL OR verification = 'failed')
) PARTITION BY RANGE (id);
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE INDEX events_by_tenant ON events (tenant_id, id);
CREATE INDEX events_by_app ON events (app_id, id);
CREATE INDEX events_rejected ON events (tenant_id, id) WHERE rejection IS NOT NULL;
CREATE INDEX events_rejected_of_app ON events (app_id, id) WHERE rejection IS NOT NULL;
CREATE INDEX events_keep_until ON events (keep_until) WHERE keep_until IS NOT NULL;

-- The random bytes that make an event's key. Deleting a row erases the event's content, wherever copies of it lie;
-- so this table is backed up apart, or not at all.
CREATE TABLE event_keys (
    event_id UUID NOT NULL,
    salt BYTEA NOT NULL,
    CONSTRAINT event_keys_pk PRIMARY KEY (event_id)
) PARTITION BY RANGE (event_id);
CREATE TABLE event_keys_default PARTITION OF event_keys DEFAULT;

CREATE TABLE event_contents (
    event_id UUID NOT NULL,
    sealed_head BYTEA NOT NULL,
    sealed_body BYTEA NOT NULL,
    CONSTRAINT event_contents_pk PRIMARY KEY (event_id)
) PARTITION BY RANGE (event_id);
CREATE TABLE event_contents_default PARTITION OF event_contents DEFAULT;

-- Which provider's event came first, for as long as providers try again. Never partitioned: uniqueness is its purpose.
CREATE TABLE dedup_keys (
    app_id UUID NOT NULL,
    dedup_key BYTEA NOT NULL,
    body_hash BYTEA NOT NULL,
    event_id UUID NOT NULL,
    received_at BIGINT NOT NULL,
    CONSTRAINT dedup_keys_pk PRIMARY KEY (app_id, dedup_key, body_hash)
);
CREATE INDEX dedup_keys_by_age ON dedup_keys (received_at);

CREATE TABLE deliveries (
    id UUID NOT NULL,
    event_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    app_id UUID NOT NULL,
    destination_id UUID NOT NULL,
    -- `trigger` is a keyword in both databases.
    triggered_by TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    lease_id UUID,
    claimed_at BIGINT,
    -- The instant before which nobody but the holder may touch the row.
    due_at BIGINT,
    held_reason TEXT,
    -- False once a replay to the same destination took its place.
    is_current BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    CONSTRAINT deliveries_pk PRIMARY KEY (id),
    CONSTRAINT deliveries_state_known CHECK (state IN ('pending', 'held', 'success', 'failed')),
    CONSTRAINT deliveries_trigger_known CHECK (triggered_by IN ('initial', 'replay')),
    CONSTRAINT deliveries_due_iff_pending CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT deliveries_lease_only_if_pending CHECK (lease_id IS NULL OR state = 'pending'),
    CONSTRAINT deliveries_lease_has_start CHECK ((lease_id IS NULL) = (claimed_at IS NULL)),
    CONSTRAINT deliveries_held_has_reason CHECK ((state = 'held') = (held_reason IS NOT NULL)),
    CONSTRAINT deliveries_finished_iff_ended CHECK ((state IN ('success', 'failed')) = (finished_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_undelivered ON deliveries (tenant_id, state, event_id) WHERE is_current AND state <> 'success';
CREATE INDEX deliveries_undelivered_of_app ON deliveries (app_id, state, event_id) WHERE is_current AND state <> 'success';
CREATE INDEX deliveries_held ON deliveries (destination_id, id) WHERE state = 'held';

CREATE TABLE attempts (
    delivery_id UUID NOT NULL,
    number BIGINT NOT NULL,
    event_id UUID NOT NULL,
    started_at BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    -- `success`, `http_error`, or what kept an answer from coming.
    outcome TEXT NOT NULL,
    status_code BIGINT,
    error TEXT,
    url TEXT NOT NULL,
    resolve_ms BIGINT,
    connect_ms BIGINT,
    tls_ms BIGINT,
    first_byte_ms BIGINT,
    sealed_answer BYTEA,
    answer_truncated BOOLEAN NOT NULL,
    CONSTRAINT attempts_pk PRIMARY KEY (delivery_id, number),
    CONSTRAINT attempts_number_from_one CHECK (number > 0)
) PARTITION BY RANGE (delivery_id);
CREATE TABLE attempts_default PARTITION OF attempts DEFAULT;

-- Sealed bytes do not compress: stored outside the row as they are.
ALTER TABLE event_contents_default ALTER COLUMN sealed_head SET STORAGE EXTERNAL;
ALTER TABLE event_contents_default ALTER COLUMN sealed_body SET STORAGE EXTERNAL;
ALTER TABLE attempts_default ALTER COLUMN sealed_answer SET STORAGE EXTERNAL;
