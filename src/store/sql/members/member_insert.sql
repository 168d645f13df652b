-- member_insert: a new member.
-- in: tenant_id:i64 member_id:id status:text enrolled_us:i64 updated_us:i64
-- out: (none)
-- rows: none
-- batch: 10
-- forgets: member_lock
INSERT INTO member
    (tenant_id, member_id, status, enrolled_us, updated_us)
VALUES
    (:tenant_id, :member_id, :status, :enrolled_us, :updated_us);
