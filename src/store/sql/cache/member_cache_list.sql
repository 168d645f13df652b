-- member_cache_list: all that is cached of a member: head, wallets, lots, counters.
-- in: tenant_id:i64 member_id:id
-- out: kind:i64 name:text number:i64 last_seq:i64 recorded_us:i64 due_us:i64? hash:hash?
--      available:i64 pending:i64 held:i64 debt:i64 units:i64 remaining:i64 activates_us:i64
--      expires_us:i64? order_id:id? value:i64 orders:i64
--      spend:i64 visits:i64
-- rows: many
-- batch: read
SELECT kind, name, number, last_seq, recorded_us, due_us, hash, available, pending, held, debt,
       units, remaining, activates_us, expires_us, order_id, value, orders,
       spend, visits
FROM member_cache
WHERE tenant_id = :tenant_id AND member_id = :member_id
ORDER BY kind, name, number;
