-- Truth is appended to, never changed: what has been promised to a member cannot be edited away by
-- a bug in C.  (recursive_triggers is on in every connection, so that REPLACE fires them, too.)
CREATE TRIGGER program_version_no_update BEFORE UPDATE ON program_version
BEGIN
    SELECT RAISE(ABORT, 'program_version is append-only');
END;
CREATE TRIGGER program_version_no_delete BEFORE DELETE ON program_version
BEGIN
    SELECT RAISE(ABORT, 'program_version is append-only');
END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event
BEGIN
    SELECT RAISE(ABORT, 'event is append-only');
END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event
BEGIN
    SELECT RAISE(ABORT, 'event is append-only');
END;
CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'ledger_entry is append-only');
END;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'ledger_entry is append-only');
END;
CREATE TRIGGER allocation_no_update BEFORE UPDATE ON allocation
BEGIN
    SELECT RAISE(ABORT, 'allocation is append-only');
END;
CREATE TRIGGER allocation_no_delete BEFORE DELETE ON allocation
BEGIN
    SELECT RAISE(ABORT, 'allocation is append-only');
END;
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only');
END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry
BEGIN
    SELECT RAISE(ABORT, 'audit_entry is append-only');
END;
CREATE TRIGGER seal_no_update BEFORE UPDATE ON seal
BEGIN
    SELECT RAISE(ABORT, 'seal is append-only');
END;
CREATE TRIGGER seal_no_delete BEFORE DELETE ON seal
BEGIN
    SELECT RAISE(ABORT, 'seal is append-only');
END;
