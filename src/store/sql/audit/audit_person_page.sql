-- audit_person_page: whose personal data there are, after one, by id.
-- in:  tenant_id:i64 after:blob row_limit:i64
-- out: member_id:blob
-- rows: many
SELECT member_id
FROM person
WHERE tenant_id = :tenant_id AND member_id > :after
ORDER BY member_id
LIMIT :row_limit;
