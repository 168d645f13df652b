-- audit_event_entry_list: what an event did, as its ledger tells.
-- in:  tenant_id:i64 member_id:blob first_seq:i64 last_seq:i64
-- out: kind:i64 currency:text units:i64 recorded_us:i64 actor_id:i64?
-- rows: many
SELECT kind, currency, units, recorded_us, actor_id
FROM ledger_entry
WHERE tenant_id = :tenant_id AND member_id = :member_id
  AND seq >= :first_seq AND seq <= :last_seq
ORDER BY seq;
