-- copy_person_page: who members are, after one, by id.
-- in:  tenant_id:i64 after_member_id:blob row_limit:i64
-- out: member_id:blob name:text? attributes:text metadata:text
-- rows: many
SELECT member_id, name, attributes, metadata
FROM person
WHERE tenant_id = :tenant_id AND member_id > :after_member_id
ORDER BY member_id
LIMIT :row_limit;
