-- member_update: a new status.
-- in: tenant_id:i64 member_id:id status:text updated_us:i64
-- out: (none)
-- rows: changed
UPDATE member SET status = :status, updated_us = :updated_us
WHERE tenant_id = :tenant_id AND member_id = :member_id;
