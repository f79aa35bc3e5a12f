-- Tenants that were made without an account: each ends at its instant unless somebody claims it before.
CREATE TABLE quickstarts (
    tenant_id UUID NOT NULL,
    -- Of what its maker has, and whoever claims it shows.
    token_hash BYTEA NOT NULL,
    -- Whoever moves it on from `open` decides whether it stays.
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT quickstarts_pk PRIMARY KEY (tenant_id),
    CONSTRAINT quickstarts_token_unique UNIQUE (token_hash),
    CONSTRAINT quickstarts_state_known CHECK (state IN ('open', 'claimed', 'ending')),
    CONSTRAINT quickstarts_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
CREATE INDEX quickstarts_expired ON quickstarts (expires_at);

ALTER TABLE quickstarts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY acting_tenant ON quickstarts USING (
    CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE ELSE tenant_id = (SELECT acting_tenant()) END
);

-- A plan is asked for before the services start, and tenants by it.
CREATE INDEX tenants_by_plan ON tenants (plan, id);
