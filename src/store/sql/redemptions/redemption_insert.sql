-- redemption_insert: a reward was reserved or taken.
-- in: tenant_id:i64 redemption_id:id member_id:id reward_id:text status:text
--      program_version:i64 first_seq:i64 created_us:i64 updated_us:i64 expires_us:i64?
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO redemption
    (tenant_id, redemption_id, member_id, reward_id, status, program_version, first_seq,
     created_us, updated_us, expires_us)
VALUES
    (:tenant_id, :redemption_id, :member_id, :reward_id, :status, :program_version, :first_seq,
     :created_us, :updated_us, :expires_us);
