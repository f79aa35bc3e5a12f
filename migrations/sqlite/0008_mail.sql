-- Mail: what is to be sent, tokens that prove an address, and which notices of a month's quota were given.

-- When whoever has the account was last known to read its mail; null: not yet.
ALTER TABLE users ADD COLUMN email_verified_at INTEGER;

-- The outbox. A mail is written with what it is about, and is gone once it was sent or given up. Recipient and
-- text are sealed, for they hold tokens.
CREATE TABLE mails (
    id BLOB NOT NULL,
    -- The recipient and what is said to it.
    sealed BLOB NOT NULL,
    -- Of the master key.
    key_version INTEGER NOT NULL,
    -- Times that somebody took it to send it. Whoever took it last may change the row.
    n_attempts INTEGER NOT NULL,
    -- The instant before which nobody else takes it.
    due_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- It is given up then.
    expires_at INTEGER NOT NULL,
    CONSTRAINT mails_pk PRIMARY KEY (id)
);
CREATE INDEX mails_due ON mails (due_at, id);

-- Whoever has the token reads the mail of this address. A row is gone once it was used.
CREATE TABLE account_tokens (
    token_hash BLOB NOT NULL,
    user_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    -- The user's at that time: a token is good for no other.
    email TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT account_tokens_pk PRIMARY KEY (token_hash),
    CONSTRAINT account_tokens_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
    CONSTRAINT account_tokens_purpose_known CHECK (purpose IN ('verify_email', 'reset_password'))
);
CREATE INDEX account_tokens_by_user ON account_tokens (user_id);
CREATE INDEX account_tokens_expired ON account_tokens (expires_at);

-- Which share of its plan's events of a month a tenant's people were told of.
CREATE TABLE quota_notices (
    tenant_id BLOB NOT NULL,
    -- In UTC, as yyyymm.
    month INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    CONSTRAINT quota_notices_pk PRIMARY KEY (tenant_id, month, percent),
    CONSTRAINT quota_notices_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
);
-- The tenants of a month, in stretches. The figure itself is in no index, so that counting changes none.
CREATE INDEX usage_by_month ON usage (month, tenant_id);
