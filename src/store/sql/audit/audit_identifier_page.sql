-- audit_identifier_page: identifiers without the member they should find.
-- in:  tenant_id:i64 row_limit:i64
-- out: kind:text member_id:blob
-- rows: many
SELECT i.kind, i.member_id
FROM identifier i
LEFT JOIN member m ON m.tenant_id = i.tenant_id AND m.member_id = i.member_id
WHERE i.tenant_id = :tenant_id AND m.member_id IS NULL
ORDER BY i.kind, i.value
LIMIT :row_limit;
