-- copy_member_page: members after one, by id.
-- in:  tenant_id:i64 after_member_id:blob row_limit:i64
-- out: member_id:blob status:text enrolled_us:i64 updated_us:i64
-- rows: many
SELECT member_id, status, enrolled_us, updated_us
FROM member
WHERE tenant_id = :tenant_id AND member_id > :after_member_id
ORDER BY member_id
LIMIT :row_limit;
