-- identifier_list: the identifiers of a member.
-- in: tenant_id:i64 member_id:id
-- out: kind:text value:text created_us:i64
-- rows: many
SELECT kind, value, created_us
FROM identifier
WHERE tenant_id = :tenant_id AND member_id = :member_id
ORDER BY kind, value;
