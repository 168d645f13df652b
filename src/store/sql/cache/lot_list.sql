-- lot_list: the open lots of a member in the order of consumption: earliest expiry, never last,
-- then the one that became spendable first, then by number.
-- in: tenant_id:i64 member_id:id
-- out: lot_seq:i64 currency:text units:i64 remaining:i64 pending:i64 activates_us:i64
--      expires_us:i64? order_id:id?
-- rows: many
SELECT lot_seq, currency, units, remaining, pending, activates_us, expires_us, order_id
FROM open_lot
WHERE tenant_id = :tenant_id AND member_id = :member_id
ORDER BY COALESCE(expires_us, 9223372036854775807), activates_us, lot_seq;
