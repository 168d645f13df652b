-- identifier_delete: takes an identifier from a member.
-- in: tenant_id:i64 member_id:id kind:text value:text
-- out: (none)
-- rows: changed
DELETE FROM identifier
WHERE tenant_id = :tenant_id AND kind = :kind AND value = :value AND member_id = :member_id;
