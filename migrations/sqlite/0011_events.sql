-- Events are found by values inside them, and are sent to URLs that are no destinations.

-- The fields that an app's events can be found by, as a JSON list.
ALTER TABLE apps ADD COLUMN indexed_fields TEXT NOT NULL DEFAULT '[]';

-- A term stands for an app's field and its value, and says neither to whoever has no key. Without the tenant in the key:
-- its key made the term.
CREATE TABLE event_terms (
    event_id BLOB NOT NULL,
    term BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    CONSTRAINT event_terms_pk PRIMARY KEY (event_id, term)
);
CREATE INDEX event_terms_by_term ON event_terms (term, event_id);

-- Made to a URL that is no destination: it says nothing about whether its event has arrived.
ALTER TABLE deliveries ADD COLUMN is_aside BOOLEAN NOT NULL DEFAULT FALSE;

-- URLs that an app's events are replayed to; their ids are those of destinations.
CREATE TABLE replay_urls (
    id BLOB NOT NULL,
    tenant_id BLOB NOT NULL,
    app_id BLOB NOT NULL,
    url TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    key_version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    -- Later with each replay.
    expires_at INTEGER NOT NULL,
    CONSTRAINT replay_urls_pk PRIMARY KEY (id),
    CONSTRAINT replay_urls_app_fk FOREIGN KEY (app_id) REFERENCES apps (id) ON DELETE CASCADE
);
CREATE INDEX replay_urls_by_app ON replay_urls (app_id, id);
CREATE INDEX replay_urls_expired ON replay_urls (expires_at);

-- To this URL only; with it, `destination_id` is that of its row.
ALTER TABLE replays ADD COLUMN url TEXT;
-- Of the filter: a line for each field, with its terms and its name; never with its value.
ALTER TABLE replays ADD COLUMN fields TEXT;
