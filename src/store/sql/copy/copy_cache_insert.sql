-- copy_cache_insert: a row of what is kept of members to be fast, of whatever kind.
-- in:  tenant_id:i64 member_id:blob kind:i64 name:text number:i64 last_seq:i64 recorded_us:i64
--      due_us:i64? hash:blob? available:i64 pending:i64 held:i64 debt:i64 units:i64 remaining:i64
--      activates_us:i64 expires_us:i64? order_id:blob? value:i64
--      orders:i64 spend:i64 visits:i64
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO member_cache
    (tenant_id, member_id, kind, name, number, last_seq, recorded_us, due_us, hash, available,
     pending, held, debt, units, remaining, activates_us, expires_us, order_id, value,
     orders, spend, visits)
VALUES
    (:tenant_id, :member_id, :kind, :name, :number, :last_seq, :recorded_us, :due_us, :hash,
     :available, :pending, :held, :debt, :units, :remaining, :activates_us, :expires_us,
     :order_id, :value, :orders, :spend, :visits);
