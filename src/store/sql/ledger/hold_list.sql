-- hold_list: the HOLD entries of a member whose redemption is still held, oldest first.
-- in: tenant_id:i64 member_id:id
-- out: seq:i64 currency:text units:i64 redemption_id:id reward_id:text expires_us:i64?
-- rows: many
SELECT e.seq, e.currency, e.units, r.redemption_id, r.reward_id, r.expires_us
FROM redemption r
JOIN ledger_entry e ON e.tenant_id = r.tenant_id AND e.member_id = r.member_id
                   AND e.seq >= r.first_seq
                   AND e.redemption_id = r.redemption_id
WHERE r.tenant_id = :tenant_id AND r.member_id = :member_id AND r.status = 'held'
ORDER BY e.seq;
