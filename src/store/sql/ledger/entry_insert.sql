-- entry_insert: one immutable line of a ledger; the key makes a retry harmless.
-- in: tenant_id:i64 member_id:id seq:i64 kind:i64 currency:text units:i64 debit:i64 credit:i64
--      effective_us:i64 activates_us:i64? expires_us:i64? recorded_us:i64 event_id:id?
--      order_id:id? redemption_id:id? ref_seq:i64? rule_id:text? program_version:i64
--      derivation:text actor_id:i64? hash:hash
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO ledger_entry
    (tenant_id, member_id, seq, kind, currency, units, debit, credit, effective_us,
     activates_us, expires_us, recorded_us, event_id, order_id, redemption_id, ref_seq, rule_id,
     program_version, derivation, actor_id, hash)
VALUES
    (:tenant_id, :member_id, :seq, :kind, :currency, :units, :debit, :credit, :effective_us,
     :activates_us, :expires_us, :recorded_us, :event_id, :order_id, :redemption_id, :ref_seq,
     :rule_id, :program_version, :derivation, :actor_id, :hash);
