-- Row security: the second wall between tenants. A transaction that acts for one tenant says so in the setting
-- `anyhook.tenant`; a statement of it that forgot its tenant then finds, and may write, that tenant's rows only. Without
-- the setting everything is seen: the loops that serve all tenants, and look-ups that find out whose a thing is.

CREATE FUNCTION acting_tenant() RETURNS UUID LANGUAGE sql STABLE
    RETURN NULLIF(current_setting('anyhook.tenant', TRUE), '')::uuid;

-- PL/pgSQL is not inlined into the statements: while all tenants are served, the other table costs them nothing, not
-- even in planning.
CREATE FUNCTION tenant_of_event(event UUID) RETURNS UUID LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT e.tenant_id FROM events e WHERE e.id = event);
END $$;

CREATE FUNCTION tenant_of_app(app UUID) RETURNS UUID LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT a.tenant_id FROM apps a WHERE a.id = app);
END $$;

-- FORCE: the services' role owns the tables. The setting is read once a statement; CASE decides by it before it looks at
-- any row, and lets the planner expect half of the rows, where OR would let it expect one in a hundred.
-- Partitions have no policies: those of the parent hold for whatever goes through it, and only maintenance, which serves
-- all tenants, names a partition.
DO $$
DECLARE
    secured RECORD;
BEGIN
    FOR secured IN
        SELECT * FROM (VALUES
            ('tenants', 'id'),
            ('tenant_slugs', 'tenant_id'),
            ('tenant_keys', 'tenant_id'),
            ('members', 'tenant_id'),
            ('sessions', 'tenant_id'),
            ('api_keys', 'tenant_id'),
            ('apps', 'tenant_id'),
            ('app_slugs', 'tenant_id'),
            ('destinations', 'tenant_id'),
            ('audit_log', 'tenant_id'),
            ('events', 'tenant_id'),
            ('event_keys', 'tenant_of_event(event_id)'),
            ('event_contents', 'tenant_of_event(event_id)'),
            ('deliveries', 'tenant_id'),
            ('attempts', 'tenant_of_event(event_id)'),
            ('dedup_keys', 'tenant_of_app(app_id)')
        ) AS t (name, tenant)
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', secured.name);
        EXECUTE format(
            'CREATE POLICY acting_tenant ON %I USING (CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE '
            'ELSE %s = (SELECT acting_tenant()) END)',
            secured.name, secured.tenant
        );
    END LOOP;
END $$;

-- What a tenant adds to, must be its own as well: a replay that forgot to look would send another tenant's event.
DO $$
DECLARE
    owned RECORD;
BEGIN
    FOR owned IN
        SELECT * FROM (VALUES
            ('deliveries', 'tenant_of_event(event_id)'),
            ('app_slugs', 'tenant_of_app(app_id)'),
            ('destinations', 'tenant_of_app(app_id)')
        ) AS t (name, tenant)
    LOOP
        EXECUTE format(
            'CREATE POLICY acting_tenant_owns ON %I AS RESTRICTIVE FOR INSERT WITH CHECK (CASE WHEN '
            '(SELECT acting_tenant()) IS NULL THEN TRUE ELSE %s = (SELECT acting_tenant()) END)',
            owned.name, owned.tenant
        );
    END LOOP;
END $$;

-- What was written down stays: no role, not even one that row security exempts, changes or removes an entry.
CREATE FUNCTION refuse_audit_change() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of audit_log are only ever added' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
