-- member_due_list: members that are due at or before an instant, longest due first.
-- in: tenant_id:i64 until_us:i64 row_limit:i64
-- out: member_id:id
-- rows: many
-- batch: read
SELECT member_id
FROM member_cache
WHERE tenant_id = :tenant_id AND due_us <= :until_us
ORDER BY due_us
LIMIT :row_limit;
