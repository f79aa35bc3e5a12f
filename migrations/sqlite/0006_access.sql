-- Who may do what: keys that may do less than everything, invitations, and signed-in browsers that can be told apart.

ALTER TABLE api_keys ADD COLUMN scope TEXT NOT NULL DEFAULT 'admin'
    CONSTRAINT api_keys_scope_known CHECK (scope IN ('read', 'write', 'admin'));
-- Not the same as having rows in api_key_apps: once its last app was deleted, a limited key reaches none.
ALTER TABLE api_keys ADD COLUMN is_limited BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE api_keys ADD COLUMN expires_at INTEGER;
-- To the minute.
ALTER TABLE api_keys ADD COLUMN last_used_at INTEGER;
CREATE INDEX api_keys_by_tenant ON api_keys (tenant_id, id);

-- The apps that a limited key reaches.
CREATE TABLE api_key_apps (
    tenant_id BLOB NOT NULL,
    api_key_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    CONSTRAINT api_key_apps_pk PRIMARY KEY (api_key_id, app_id),
    CONSTRAINT api_key_apps_key_fk FOREIGN KEY (api_key_id) REFERENCES api_keys (id) ON DELETE CASCADE,
    CONSTRAINT api_key_apps_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE INDEX api_key_apps_by_tenant ON api_key_apps (tenant_id);
CREATE INDEX api_key_apps_by_app ON api_key_apps (app_id);

-- As its browser called itself.
ALTER TABLE sessions ADD COLUMN user_agent TEXT;

-- Whoever has the token may join the tenant as the owner of the e-mail address. A row is gone once it was used.
CREATE TABLE invitations (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    email TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT invitations_pk PRIMARY KEY (id),
    CONSTRAINT invitations_token_unique UNIQUE (token_hash),
    CONSTRAINT invitations_email_unique UNIQUE (tenant_id, email),
    CONSTRAINT invitations_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE,
    CONSTRAINT invitations_role_known CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX invitations_expired ON invitations (expires_at);

CREATE INDEX audit_log_by_subject ON audit_log (tenant_id, subject, id);
