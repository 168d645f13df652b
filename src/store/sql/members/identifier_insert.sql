-- identifier_insert: a key that finds a member; refused when somebody has it.
-- in: tenant_id:i64 member_id:id kind:text value:text created_us:i64
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: identifier_get
INSERT INTO identifier
    (tenant_id, member_id, kind, value, created_us)
VALUES
    (:tenant_id, :member_id, :kind, :value, :created_us);
