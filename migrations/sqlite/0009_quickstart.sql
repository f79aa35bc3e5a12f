-- Tenants that were made without an account: each ends at its instant unless somebody claims it before.
CREATE TABLE quickstarts (
    tenant_id BLOB NOT NULL,
    -- Of what its maker has, and whoever claims it shows.
    token_hash BLOB NOT NULL,
    -- Whoever moves it on from `open` decides whether it stays.
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT quickstarts_pk PRIMARY KEY (tenant_id),
    CONSTRAINT quickstarts_token_unique UNIQUE (token_hash),
    CONSTRAINT quickstarts_state_known CHECK (state IN ('open', 'claimed', 'ending')),
    CONSTRAINT quickstarts_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX quickstarts_expired ON quickstarts (expires_at);

-- A plan is asked for before the services start, and tenants by it.
CREATE INDEX tenants_by_plan ON tenants (plan, id);
