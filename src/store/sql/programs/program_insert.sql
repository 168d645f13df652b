-- program_insert: a new version of the programme; the key refuses a number that is taken.
-- in: tenant_id:i64 version:i64 document:text sha256:hash author:text note:text
--      valid_from_us:i64 recorded_us:i64
-- out: (none)
-- rows: none
INSERT INTO program_version
    (tenant_id, version, document, sha256, author, note, valid_from_us, recorded_us)
VALUES
    (:tenant_id, :version, :document, :sha256, :author, :note, :valid_from_us, :recorded_us);
