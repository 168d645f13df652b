-- audit_entry_page: lines of all ledgers after one, by member and number.
-- in:  tenant_id:i64 after:blob after_seq:i64 row_limit:i64
-- out: member_id:blob seq:i64 kind:i64 currency:text units:i64 debit:i64 credit:i64
--      effective_us:i64 activates_us:i64? expires_us:i64? recorded_us:i64 event_id:blob?
--      order_id:blob? redemption_id:blob? ref_seq:i64? rule_id:text? program_version:i64
--      derivation:text actor_id:i64? hash:blob
-- rows: many
SELECT member_id, seq, kind, currency, units, debit, credit, effective_us, activates_us,
       expires_us, recorded_us, event_id, order_id, redemption_id, ref_seq, rule_id,
       program_version, derivation, actor_id, hash
FROM ledger_entry
WHERE tenant_id = :tenant_id AND (member_id, seq) > (:after, :after_seq)
ORDER BY member_id, seq
LIMIT :row_limit;
