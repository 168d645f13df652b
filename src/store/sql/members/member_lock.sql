-- member_lock: one member, for a transaction that will write about it.
-- in: tenant_id:i64 member_id:id
-- out: member_id:id status:text enrolled_us:i64 updated_us:i64
-- rows: one
-- batch: read
SELECT member_id, status, enrolled_us, updated_us
FROM member
WHERE tenant_id = :tenant_id AND member_id = :member_id;
