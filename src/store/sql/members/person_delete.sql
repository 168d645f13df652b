-- person_delete: forgets who a member is.
-- in: tenant_id:i64 member_id:id
-- out: (none)
-- rows: none
DELETE FROM person
WHERE tenant_id = :tenant_id AND member_id = :member_id;
