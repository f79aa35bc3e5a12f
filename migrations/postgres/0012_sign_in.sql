-- Signing in with more than a password, or without one: second factors, and accounts at an OpenID Connect issuer. They are
-- a person's, not a tenant's.

-- Of which an authenticator makes codes. It is asked for from `confirmed_at` on.
CREATE TABLE second_factors (
    user_id UUID NOT NULL,
    sealed_secret BYTEA NOT NULL,
    -- Of the master key.
    key_version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    -- When the user showed a code of it for the first time.
    confirmed_at BIGINT,
    -- The step of 30 seconds whose code was taken last: neither that one nor an older one is taken any more.
    last_step BIGINT NOT NULL,
    CONSTRAINT second_factors_pk PRIMARY KEY (user_id),
    CONSTRAINT second_factors_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- What is taken in place of a code, for whoever lost the authenticator. A row is gone once it was used.
CREATE TABLE recovery_codes (
    user_id UUID NOT NULL,
    code_hash BYTEA NOT NULL,
    CONSTRAINT recovery_codes_pk PRIMARY KEY (user_id, code_hash),
    CONSTRAINT recovery_codes_factor_fk FOREIGN KEY (user_id) REFERENCES second_factors (user_id) ON DELETE CASCADE
);

-- Whom an issuer vouches for. Subjects are never given to anybody else, unlike e-mail addresses.
CREATE TABLE identities (
    id UUID NOT NULL,
    user_id UUID NOT NULL,
    issuer TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- As the issuer knew it when the identity was linked.
    email TEXT,
    created_at BIGINT NOT NULL,
    CONSTRAINT identities_pk PRIMARY KEY (id),
    CONSTRAINT identities_subject_unique UNIQUE (issuer, subject),
    CONSTRAINT identities_user_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX identities_by_user ON identities (user_id);

-- Ways to an issuer and back that somebody has gone: each is good for once.
CREATE TABLE spent_sign_ins (
    nonce_hash BYTEA NOT NULL,
    -- It would not be taken after that in any case.
    expires_at BIGINT NOT NULL,
    CONSTRAINT spent_sign_ins_pk PRIMARY KEY (nonce_hash)
);
CREATE INDEX spent_sign_ins_expired ON spent_sign_ins (expires_at);
