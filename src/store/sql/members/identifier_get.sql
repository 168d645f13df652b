-- identifier_get: whom an identifier names.
-- in: tenant_id:i64 kind:text value:text
-- out: member_id:id
-- rows: one
-- batch: read
SELECT member_id
FROM identifier
WHERE tenant_id = :tenant_id AND kind = :kind AND value = :value;
