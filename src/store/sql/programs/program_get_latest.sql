-- program_get_latest: the newest version of the programme.
-- in: tenant_id:i64
-- out: version:i64 document:text sha256:hash author:text note:text valid_from_us:i64
--      recorded_us:i64
-- rows: one
SELECT version, document, sha256, author, note, valid_from_us, recorded_us
FROM program_version
WHERE tenant_id = :tenant_id
ORDER BY version DESC
LIMIT 1;
