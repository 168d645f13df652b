-- redemption_list: redemptions of a member before one, newest first.
-- in: tenant_id:i64 member_id:id before_id:id row_limit:i64
-- out: redemption_id:id member_id:id reward_id:text status:text program_version:i64
--      first_seq:i64 created_us:i64 updated_us:i64 expires_us:i64?
-- rows: many
SELECT redemption_id, member_id, reward_id, status, program_version, first_seq, created_us,
       updated_us, expires_us
FROM redemption
WHERE tenant_id = :tenant_id AND member_id = :member_id AND redemption_id < :before_id
ORDER BY redemption_id DESC
LIMIT :row_limit;
