-- audit_redemption_page: redemptions after one, by member.
-- in:  tenant_id:i64 after:blob after_id:blob row_limit:i64
-- out: member_id:blob redemption_id:blob reward_id:text status:text program_version:i64
--      first_seq:i64 created_us:i64 updated_us:i64 expires_us:i64?
-- rows: many
SELECT member_id, redemption_id, reward_id, status, program_version, first_seq,
       created_us, updated_us, expires_us
FROM redemption
WHERE tenant_id = :tenant_id AND (member_id, redemption_id) > (:after, :after_id)
ORDER BY member_id, redemption_id
LIMIT :row_limit;
