-- Anchors: a chain of hashes over each day's events. Days are in UTC, counted since 1970.

-- The days of the chain. The newest one is open: it is sealed once it is over.
CREATE TABLE anchors (
    day INTEGER NOT NULL,
    -- The anchor of the day before, empty for the first day. Each has one successor, so there is one chain.
    prev_anchor BLOB NOT NULL,
    -- Null while the day is open.
    anchor BLOB,
    app_count INTEGER NOT NULL,
    event_count INTEGER NOT NULL,
    sealed_at INTEGER,
    CONSTRAINT anchors_pk PRIMARY KEY (day),
    CONSTRAINT anchors_prev_unique UNIQUE (prev_anchor),
    CONSTRAINT anchors_sealed_whole CHECK ((anchor IS NULL) = (sealed_at IS NULL))
);

-- The apps that have events on a day, each with its root after the last of them.
CREATE TABLE anchor_roots (
    app_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    tenant_id BLOB NOT NULL,
    root BLOB NOT NULL,
    event_count INTEGER NOT NULL,
    CONSTRAINT anchor_roots_pk PRIMARY KEY (app_id, day)
) WITHOUT ROWID;
CREATE INDEX anchor_roots_by_day ON anchor_roots (day, app_id);

-- The events of a day, in their order. They are kept until none of an app's events of that day is left: with the leaves
-- of those that are gone, the others can still be proved.
CREATE TABLE anchor_leaves (
    app_id BLOB NOT NULL,
    day INTEGER NOT NULL,
    -- From one.
    number INTEGER NOT NULL,
    event_id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    leaf BLOB NOT NULL,
    -- The app's root after this leaf.
    root BLOB NOT NULL,
    CONSTRAINT anchor_leaves_pk PRIMARY KEY (app_id, day, number),
    CONSTRAINT anchor_leaves_event_unique UNIQUE (event_id)
) WITHOUT ROWID;
