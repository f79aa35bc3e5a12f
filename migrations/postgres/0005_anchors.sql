-- Anchors: a chain of hashes over each day's events. Days are in UTC, counted since 1970.

-- The days of the chain. The newest one is open: it is sealed once it is over.
CREATE TABLE anchors (
    day BIGINT NOT NULL,
    -- The anchor of the day before, empty for the first day. Each has one successor, so there is one chain.
    prev_anchor BYTEA NOT NULL,
    -- Null while the day is open.
    anchor BYTEA,
    app_count BIGINT NOT NULL,
    event_count BIGINT NOT NULL,
    sealed_at BIGINT,
    CONSTRAINT anchors_pk PRIMARY KEY (day),
    CONSTRAINT anchors_prev_unique UNIQUE (prev_anchor),
    CONSTRAINT anchors_sealed_whole CHECK ((anchor IS NULL) = (sealed_at IS NULL))
);

-- The apps that have events on a day, each with its root after the last of them.
CREATE TABLE anchor_roots (
    app_id UUID NOT NULL,
    day BIGINT NOT NULL,
    tenant_id UUID NOT NULL,
    root BYTEA NOT NULL,
    event_count BIGINT NOT NULL,
    CONSTRAINT anchor_roots_pk PRIMARY KEY (app_id, day)
);
CREATE INDEX anchor_roots_by_day ON anchor_roots (day, app_id);

-- The events of a day, in their order. They are kept until none of an app's events of that day is left: with the leaves
-- of those that are gone, the others can still be proved.
CREATE TABLE anchor_leaves (
    app_id UUID NOT NULL,
    day BIGINT NOT NULL,
    -- From one.
    number BIGINT NOT NULL,
    event_id UUID NOT NULL,
    tenant_id UUID NOT NULL,
    leaf BYTEA NOT NULL,
    -- The app's root after this leaf.
    root BYTEA NOT NULL,
    CONSTRAINT anchor_leaves_pk PRIMARY KEY (app_id, day, number),
    CONSTRAINT anchor_leaves_event_unique UNIQUE (event_id)
);

DO $$
DECLARE
    secured TEXT;
BEGIN
    FOREACH secured IN ARRAY ARRAY['anchor_roots', 'anchor_leaves']
    LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', secured);
        EXECUTE format(
            'CREATE POLICY acting_tenant ON %I USING (CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE '
            'ELSE tenant_id = (SELECT acting_tenant()) END)',
            secured
        );
    END LOOP;
END $$;
