-- person_get: who a member is.
-- in: tenant_id:i64 member_id:id
-- out: name:text? attributes:text metadata:text
-- rows: one
-- batch: read
SELECT name, attributes, metadata
FROM person
WHERE tenant_id = :tenant_id AND member_id = :member_id;
