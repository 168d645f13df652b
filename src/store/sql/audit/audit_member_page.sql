-- audit_member_page: members after one, by id.
-- in:  tenant_id:i64 after:blob row_limit:i64
-- out: member_id:blob status:text
-- rows: many
SELECT member_id, status
FROM member
WHERE tenant_id = :tenant_id AND member_id > :after
ORDER BY member_id
LIMIT :row_limit;
