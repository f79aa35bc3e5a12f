-- Mail: what is to be sent, tokens that prove an address, and which notices of a month's quota were given.

-- When whoever has the account was last known to read its mail; null: not yet.
ALTER TABLE users ADD COLUMN email_verified_at BIGINT;

-- The outbox. A mail is written with what it is about, and is gone once it was sent or given up. Of no tenant: most are
-- a person's. No policy is needed where nothing can be read: recipient and text are sealed, for they hold tokens.
CREATE TABLE mails (
    id UUID NOT NULL,
    -- The recipient and what is said to it.
    sealed BYTEA NOT NULL,
    -- Of the master key.
    key_version BIGINT NOT NULL,
    -- Times that somebody took it to send it. Whoever took it last may change the row.
    n_attempts BIGINT NOT NULL,
    -- The instant before which nobody else takes it.
    due_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- It is given up then.
    expires_at BIGINT NOT NULL,
    CONSTRAINT mails_pk PRIMARY KEY (id)
);
CREATE INDEX mails_due ON mails (due_at, id);

-- Whoever has the token reads the mail of this address. A row is gone once it was used.
CREATE TABLE account_tokens (
    token_hash BYTEA NOT NULL,
    user_id UUID NOT NULL,
    purpose TEXT NOT NULL,
    -- The user's at that time: a token is good for no other.
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    CONSTRAINT account_tokens_pk PRIMARY KEY (token_hash),
    CONSTRAINT account_tokens_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT account_tokens_purpose_known CHECK (purpose IN ('verify_email', 'reset_password'))
);
CREATE INDEX account_tokens_by_user ON account_tokens (user_id);
CREATE INDEX account_tokens_expired ON account_tokens (expires_at);

-- Which share of its plan's events of a month a tenant's people were told of.
CREATE TABLE quota_notices (
    tenant_id UUID NOT NULL,
    -- In UTC, as yyyymm.
    month BIGINT NOT NULL,
    percent BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    CONSTRAINT quota_notices_pk PRIMARY KEY (tenant_id, month, percent),
    CONSTRAINT quota_notices_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
ALTER TABLE quota_notices ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY acting_tenant ON quota_notices USING (
    CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE ELSE tenant_id = (SELECT acting_tenant()) END
);

-- The tenants of a month, in stretches. The figure itself is in no index, so that counting changes none.
CREATE INDEX usage_by_month ON usage (month, tenant_id);
