-- One day of a tenant's log: {n} events from {start_ms} on, in partitions of their own, named {name}, which hold the ids
-- from {first} up to {next}. The tenant's apps have very different shares; one event in 500 has not arrived.
-- The partitions are filled first and get their indexes when they are attached: that takes half of the time.
CREATE TABLE events_{name} (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE);
CREATE TABLE event_keys_{name} (LIKE event_keys INCLUDING STORAGE);
CREATE TABLE event_contents_{name} (LIKE event_contents INCLUDING STORAGE);
CREATE TABLE attempts_{name} (LIKE attempts INCLUDING CONSTRAINTS INCLUDING STORAGE);

-- `share` grows with the square root: the first of 20 apps has a fifth of all events, the last one a fortieth.
INSERT INTO events_{name} (id, tenant_id, app_id, source, received_at, method, path_rest, event_type, provider_id,
    is_conflicting, verification, rejection, body_hash, body_bytes, key_version, traceparent, keep_until)
SELECT (lpad(to_hex(ms), 12, '0') || '7' || substr(h, 1, 3) || '8' || substr(h, 4, 15))::uuid,
    apps.tenant_id,
    apps.ids[1 + floor(power(share, 2) * cardinality(apps.ids))::int],
    'generic', ms, 'POST', '',
    CASE WHEN kind < 0.001 THEN 'charge.dispute.created' ELSE (ARRAY['charge.succeeded', 'charge.failed',
        'customer.created', 'customer.updated', 'invoice.paid', 'invoice.payment_failed', 'payment_intent.succeeded',
        'payout.paid'])[1 + floor(kind * 8)::int] END,
    'evt_' || substr(h, 8, 24),
    FALSE,
    CASE WHEN fate > 0.999 THEN 'failed' ELSE 'none' END,
    CASE WHEN fate > 0.999 THEN 'the signature is missing' END,
    decode(h || h, 'hex'), 1024, 1, '00-' || h || '-' || substr(h, 1, 16) || '-01', ms + 90 * 86400000::bigint
FROM (
    SELECT {start_ms}::bigint + n * 86400000 / {n} AS ms, md5('{name}/' || n) AS h, random() AS share, random() AS kind,
        random() AS fate
    FROM generate_series(0::bigint, {n} - 1) AS n
) AS drawn, (SELECT tenant_id, array_agg(id ORDER BY id) AS ids FROM apps GROUP BY tenant_id LIMIT 1) AS apps;

INSERT INTO deliveries (id, event_id, tenant_id, app_id, destination_id, triggered_by, state, attempts, due_at,
    held_reason, is_current, created_at, finished_at)
SELECT (substr(event_id::text, 1, 15) || substr(md5(event_id::text), 1, 3) || '-8' ||
        substr(md5(event_id::text), 4, 3) || '-' || substr(md5(event_id::text), 7, 12))::uuid,
    event_id, drawn.tenant_id, drawn.app_id, d.id, 'initial', state,
    CASE state WHEN 'success' THEN 1 + (fate > 0.99)::int WHEN 'failed' THEN 11 WHEN 'held' THEN 0 ELSE 4 END,
    CASE WHEN state = 'pending' THEN received_at + 100 * 86400000::bigint END,
    CASE WHEN state = 'held' THEN 'destination_paused' END,
    TRUE, received_at, CASE WHEN state IN ('success', 'failed') THEN received_at + 300 END
FROM (
    SELECT id AS event_id, tenant_id, app_id, received_at, fate, CASE WHEN fate < 0.001 THEN 'failed'
        WHEN fate < 0.0015 THEN 'held' WHEN fate < 0.002 THEN 'pending' ELSE 'success' END AS state
    FROM (SELECT id, tenant_id, app_id, received_at, random() AS fate FROM events_{name} WHERE rejection IS NULL) AS e
) AS drawn JOIN destinations d ON d.app_id = drawn.app_id;

INSERT INTO attempts_{name} (delivery_id, number, event_id, started_at, duration_ms, outcome, status_code, error, url,
    resolve_ms, connect_ms, tls_ms, first_byte_ms, answer_truncated)
SELECT d.id, number, d.event_id, d.created_at + number * 100, 100,
    CASE WHEN is_good THEN 'success' ELSE 'http_error' END,
    CASE WHEN is_good AND d.event_id::text LIKE '%0' THEN 202 WHEN is_good THEN 200
        WHEN d.event_id::text LIKE '%0' THEN 500 ELSE 502 END,
    CASE WHEN NOT is_good THEN 'the handler answered 502: a proxy before it may have given up' END,
    'https://handler.example/hooks', 1, 10, 20, 90, FALSE
FROM (SELECT d.*, number, d.state = 'success' AND number = d.attempts AS is_good
    FROM deliveries d, generate_series(1, d.attempts) AS number
    WHERE d.event_id >= '{first}' AND d.event_id < '{next}') AS d;

ALTER TABLE events ATTACH PARTITION events_{name} FOR VALUES FROM ('{first}') TO ('{next}');
ALTER TABLE event_keys ATTACH PARTITION event_keys_{name} FOR VALUES FROM ('{first}') TO ('{next}');
ALTER TABLE event_contents ATTACH PARTITION event_contents_{name} FOR VALUES FROM ('{first}') TO ('{next}');
ALTER TABLE attempts ATTACH PARTITION attempts_{name} FOR VALUES FROM ('{first}') TO ('{next}');
ANALYZE events_{name}, attempts_{name};
