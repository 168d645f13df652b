-- member_lot_put: an open lot, or what is left of it and whether it is pending.
-- in: tenant_id:i64 member_id:id currency:text lot_seq:i64 units:i64 remaining:i64 pending:i64
--      activates_us:i64 expires_us:i64? order_id:id?
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: member_cache_list
INSERT INTO member_cache
    (tenant_id, member_id, kind, name, number, units, remaining, pending, activates_us,
     expires_us, order_id)
VALUES
    (:tenant_id, :member_id, 2, :currency, :lot_seq, :units, :remaining, :pending,
     :activates_us, :expires_us, :order_id)
ON CONFLICT (tenant_id, member_id, kind, name, number) DO UPDATE
SET remaining = excluded.remaining, pending = excluded.pending,
    activates_us = excluded.activates_us, expires_us = excluded.expires_us;
