-- hold_list: the HOLD entries of a member whose redemption is still held, oldest first.
-- in: tenant_id:i64 member_id:id
-- out: seq:i64 currency:text units:i64 redemption_id:id reward_id:text expires_us:i64?
-- rows: many
SELECT e.seq, e.currency, e.units, r.redemption_id, r.reward_id, r.expires_us
FROM redemption r
CROSS JOIN ledger_entry e -- in this order: a member has more entries than redemptions
WHERE r.tenant_id = :tenant_id AND r.member_id = :member_id AND r.status = 'held'
  AND e.tenant_id = :tenant_id AND e.member_id = :member_id AND e.seq >= r.first_seq
  AND e.redemption_id = r.redemption_id
ORDER BY e.seq;
