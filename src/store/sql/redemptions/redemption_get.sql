-- redemption_get: one redemption.
-- in: tenant_id:i64 redemption_id:id
-- out: redemption_id:id member_id:id reward_id:text status:text program_version:i64
--      first_seq:i64 created_us:i64 updated_us:i64 expires_us:i64?
-- rows: one
SELECT redemption_id, member_id, reward_id, status, program_version, first_seq, created_us,
       updated_us, expires_us
FROM redemption
WHERE tenant_id = :tenant_id AND redemption_id = :redemption_id;
