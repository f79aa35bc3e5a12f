-- SQLite has no row security: its file belongs to one process, and the tenant in each statement is the only wall.

-- What was written down stays.
CREATE TRIGGER audit_log_is_not_changed BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'rows of audit_log are only ever added');
END;
CREATE TRIGGER audit_log_is_not_removed BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'rows of audit_log are only ever added');
END;
