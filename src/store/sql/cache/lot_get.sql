-- lot_get: a lot as it was opened, with what remains of it.
-- in: tenant_id:i64 member_id:id lot_seq:i64
-- out: currency:text units:i64 activates_us:i64 expires_us:i64? order_id:id? remaining:i64
--      pending:i64
-- rows: one
SELECT e.currency, e.units, COALESCE(e.activates_us, 0) AS activates_us, e.expires_us,
       e.order_id, COALESCE(l.remaining, 0) AS remaining,
       COALESCE(l.pending, 0) AS pending
FROM ledger_entry e
LEFT JOIN open_lot l ON l.tenant_id = e.tenant_id AND l.member_id = e.member_id
                    AND l.currency = e.currency AND l.lot_seq = e.seq
WHERE e.tenant_id = :tenant_id AND e.member_id = :member_id AND e.seq = :lot_seq
  AND e.activates_us IS NOT NULL;
