-- How many events each tenant had accepted in each month: what its plan's number is held against.
CREATE TABLE usage (
    tenant_id BLOB NOT NULL,
    -- In UTC, as yyyymm.
    month INTEGER NOT NULL,
    -- PostgreSQL has several: who counts at the same time does not wait for one row. Here there is one writer, and one slot.
    slot INTEGER NOT NULL,
    n_events INTEGER NOT NULL,
    CONSTRAINT usage_pk PRIMARY KEY (tenant_id, month, slot)
) WITHOUT ROWID;
