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

-- What the planner believes of the tables.  It would otherwise think that a tenant has ten rows,
-- and read all of a tenant's members or events where an index finds the few that are meant.  The
-- numbers: rows, then rows that share the first column of the key, the first two, and so on.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('member', 'member', '1000000 1000000 1'),
    ('person', 'person', '1000000 1000000 1'),
    ('identifier', 'identifier', '2000000 2000000 1000000 1'),
    ('identifier', 'identifier_by_member', '2000000 2000000 2'),
    ('event', 'sqlite_autoindex_event_1', '9000000 9000000 1'),
    ('event', 'sqlite_autoindex_event_2', '9000000 9000000 500000 1 1'),
    ('event', 'event_idle', '1000000 1000000 2 1'),
    ('event', 'event_by_order', '500000 500000 2 1'),
    ('parked_event', 'parked_event', '10000 10000 1000 1 1'),
    ('parked_event', 'parked_by_order', '10000 10000 1000 2 1'),
    ('ledger_entry', 'sqlite_autoindex_ledger_entry_1', '9000000 9000000 9 1'),
    ('allocation', 'allocation', '4000000 4000000 8 2 1'),
    ('member_cache', 'member_cache', '9000000 9000000 9 3 2 1'),
    ('member_cache', 'member_cache_by_due', '1000000 1000000 1'),
    ('redemption', 'redemption', '1000000 1000000 1'),
    ('redemption', 'redemption_by_member', '1000000 1000000 2 1'),
    ('idempotency', 'idempotency', '2000000 2000000 1000000 500000 1'),
    ('audit_entry', 'audit_entry', '1000000 1000000 2 1'),
    ('seal', 'seal', '1000 1000 1');
-- Read them now, not only at the next start.
ANALYZE sqlite_schema;
