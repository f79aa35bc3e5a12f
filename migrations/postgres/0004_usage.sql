-- How many events each tenant had accepted in each month: what its plan's number is held against.
CREATE TABLE usage (
    tenant_id UUID NOT NULL,
    -- In UTC, as yyyymm.
    month BIGINT NOT NULL,
    -- A month's figure is the sum of its slots: who counts at the same time does not wait for one row.
    slot BIGINT NOT NULL,
    n_events BIGINT NOT NULL,
    CONSTRAINT usage_pk PRIMARY KEY (tenant_id, month, slot)
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

ALTER TABLE usage ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY acting_tenant ON usage USING (
    CASE WHEN (SELECT acting_tenant()) IS NULL THEN TRUE ELSE tenant_id = (SELECT acting_tenant()) END
);
