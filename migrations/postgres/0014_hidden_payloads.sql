-- Whether pages show what an event holds only once somebody asks for it.
ALTER TABLE tenants ADD COLUMN hides_payloads BOOLEAN NOT NULL DEFAULT FALSE;
