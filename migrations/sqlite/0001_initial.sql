-- Configuration: who exists, and what they set up. Instants are milliseconds since 1970 UTC.

CREATE TABLE master_keys (
    version INTEGER NOT NULL,
    fingerprint BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT master_keys_pk PRIMARY KEY (version)
);

CREATE TABLE tenants (
    id BLOB NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    plan TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT tenants_pk PRIMARY KEY (id),
    CONSTRAINT tenants_slug_unique UNIQUE (slug)
);

-- Every slug that a tenant has or had: inbound URLs go on routing after a rename.
CREATE TABLE tenant_slugs (
    slug TEXT NOT NULL,
    tenant_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT tenant_slugs_pk PRIMARY KEY (slug),
    CONSTRAINT tenant_slugs_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX tenant_slugs_by_tenant ON tenant_slugs (tenant_id);

-- Tenant keys, wrapped by the master key of a version. Destroying them erases the tenant.
CREATE TABLE tenant_keys (
    tenant_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    master_version INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT tenant_keys_pk PRIMARY KEY (tenant_id, version),
    CONSTRAINT tenant_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE users (
    id BLOB NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT users_pk PRIMARY KEY (id),
    CONSTRAINT users_email_unique UNIQUE (email)
);

CREATE TABLE members (
    tenant_id BLOB NOT NULL,
    user_id BLOB NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT members_pk PRIMARY KEY (tenant_id, user_id),
    CONSTRAINT members_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT members_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT members_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX members_by_user ON members (user_id);

CREATE TABLE sessions (
    id BLOB NOT NULL,
    token_hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT sessions_pk PRIMARY KEY (id),
    CONSTRAINT sessions_token_unique UNIQUE (token_hash),
    CONSTRAINT sessions_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT sessions_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE api_keys (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    name TEXT NOT NULL,
    public_id TEXT NOT NULL,
    hash BLOB NOT NULL,
    last4 TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER,
    CONSTRAINT api_keys_pk PRIMARY KEY (id),
    CONSTRAINT api_keys_public_id_unique UNIQUE (public_id),
    CONSTRAINT api_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

CREATE TABLE apps (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    source_config TEXT NOT NULL,
    sealed_secret BLOB,
    key_version INTEGER NOT NULL,
    is_active BOOLEAN NOT NULL,
    is_paused BOOLEAN NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT apps_pk PRIMARY KEY (id),
    CONSTRAINT apps_slug_unique UNIQUE (tenant_id, slug),
    CONSTRAINT apps_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);

-- Every slug that an app has or had, within its tenant.
CREATE TABLE app_slugs (
    tenant_id BLOB NOT NULL,
    slug TEXT NOT NULL,
    app_id BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT app_slugs_pk PRIMARY KEY (tenant_id, slug),
    CONSTRAINT app_slugs_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE INDEX app_slugs_by_app ON app_slugs (app_id);

CREATE TABLE destinations (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    url TEXT NOT NULL,
    is_paused BOOLEAN NOT NULL,
    paused_reason TEXT,
    timeout_seconds INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    signature_mode TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    key_version INTEGER NOT NULL,
    secret_hint TEXT NOT NULL,
    -- The secret before the last rotation signs too, until its instant.
    former_sealed_secret BLOB,
    former_key_version INTEGER,
    former_until INTEGER,
    created_at INTEGER NOT NULL,
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
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    user_id BLOB,
    api_key_id BLOB,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    at INTEGER NOT NULL,
    CONSTRAINT audit_log_pk PRIMARY KEY (id)
);
CREATE INDEX audit_log_by_tenant ON audit_log (tenant_id, id);

-- The event log. No foreign keys between its tables: retention drops old rows table by table.

CREATE TABLE events (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    source TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    method TEXT NOT NULL,
    path_rest TEXT NOT NULL,
    event_type TEXT,
    provider_id TEXT,
    -- The same provider id came before with another body.
    is_conflicting BOOLEAN NOT NULL,
    -- How often the same came again.
    n_duplicates INTEGER NOT NULL DEFAULT 0,
    verification TEXT NOT NULL,
    -- Why it was turned away, in words; null for an accepted event.
    rejection TEXT,
    body_hash BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    key_version INTEGER NOT NULL,
    traceparent TEXT NOT NULL,
    keep_until INTEGER,
    CONSTRAINT events_pk PRIMARY KEY (id),
    CONSTRAINT events_verification_known CHECK (verification IN ('verified', 'failed', 'none')),
    CONSTRAINT events_rejected_only_if_failed CHECK (rejection IS NULL OR verification = 'failed')
) WITHOUT ROWID;
CREATE INDEX events_by_tenant ON events (tenant_id, id);
CREATE INDEX events_by_app ON events (app_id, id);
CREATE INDEX events_rejected ON events (tenant_id, id) WHERE rejection IS NOT NULL;
CREATE INDEX events_rejected_of_app ON events (app_id, id) WHERE rejection IS NOT NULL;
CREATE INDEX events_keep_until ON events (keep_until) WHERE keep_until IS NOT NULL;

-- The random bytes that make an event's key. Deleting a row erases the event's content, wherever copies of it lie;
-- so this table is backed up apart, or not at all.
CREATE TABLE event_keys (
    event_id BLOB NOT NULL,
    salt BLOB NOT NULL,
    CONSTRAINT event_keys_pk PRIMARY KEY (event_id)
) WITHOUT ROWID;

CREATE TABLE event_contents (
    event_id BLOB NOT NULL,
    sealed_head BLOB NOT NULL,
    sealed_body BLOB NOT NULL,
    CONSTRAINT event_contents_pk PRIMARY KEY (event_id)
);

-- Which provider's event came first, for as long as providers try again. Never partitioned: uniqueness is its purpose.
CREATE TABLE dedup_keys (
    app_id BLOB NOT NULL,
    dedup_key BLOB NOT NULL,
    body_hash BLOB NOT NULL,
    event_id BLOB NOT NULL,
    received_at INTEGER NOT NULL,
    CONSTRAINT dedup_keys_pk PRIMARY KEY (app_id, dedup_key, body_hash)
) WITHOUT ROWID;
CREATE INDEX dedup_keys_by_age ON dedup_keys (received_at);

CREATE TABLE deliveries (
    id BLOB NOT NULL,
    event_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    destination_id BLOB NOT NULL,
    -- `trigger` is a keyword in both databases.
    triggered_by TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    lease_id BLOB,
    claimed_at INTEGER,
    -- The instant before which nobody but the holder may touch the row.
    due_at INTEGER,
    held_reason TEXT,
    -- False once a replay to the same destination took its place.
    is_current BOOLEAN NOT NULL,
    created_at INTEGER NOT NULL,
    finished_at INTEGER,
    CONSTRAINT deliveries_pk PRIMARY KEY (id),
    CONSTRAINT deliveries_state_known CHECK (state IN ('pending', 'held', 'success', 'failed')),
    CONSTRAINT deliveries_trigger_known CHECK (triggered_by IN ('initial', 'replay')),
    CONSTRAINT deliveries_due_iff_pending CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT deliveries_lease_only_if_pending CHECK (lease_id IS NULL OR state = 'pending'),
    CONSTRAINT deliveries_lease_has_start CHECK ((lease_id IS NULL) = (claimed_at IS NULL)),
    CONSTRAINT deliveries_held_has_reason CHECK ((state = 'held') = (held_reason IS NOT NULL)),
    CONSTRAINT deliveries_finished_iff_ended CHECK ((state IN ('success', 'failed')) = (finished_at IS NOT NULL))
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX deliveries_by_event ON deliveries (event_id);
CREATE INDEX deliveries_undelivered ON deliveries (tenant_id, state, event_id) WHERE is_current AND state <> 'success';
CREATE INDEX deliveries_undelivered_of_app ON deliveries (app_id, state, event_id) WHERE is_current AND state <> 'success';
CREATE INDEX deliveries_held ON deliveries (destination_id, id) WHERE state = 'held';

CREATE TABLE attempts (
    delivery_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    started_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    -- `success`, `http_error`, or what kept an answer from coming.
    outcome TEXT NOT NULL,
    status_code INTEGER,
    error TEXT,
    url TEXT NOT NULL,
    resolve_ms INTEGER,
    connect_ms INTEGER,
    tls_ms INTEGER,
    first_byte_ms INTEGER,
    sealed_answer BLOB,
    answer_truncated BOOLEAN NOT NULL,
    CONSTRAINT attempts_pk PRIMARY KEY (delivery_id, number),
    CONSTRAINT attempts_number_from_one CHECK (number > 0)
) WITHOUT ROWID;
