-- allocation_insert: an entry took units of a lot, or gave them back.
-- in: tenant_id:i64 member_id:id entry_seq:i64 lot_seq:i64 units:i64
-- out: (none)
-- rows: none
-- batch: 30
INSERT INTO allocation
    (tenant_id, member_id, entry_seq, lot_seq, units)
VALUES
    (:tenant_id, :member_id, :entry_seq, :lot_seq, :units);
