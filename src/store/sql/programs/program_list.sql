-- program_list: versions below a number, newest first, without their documents.
-- in: tenant_id:i64 before_version:i64 row_limit:i64
-- out: version:i64 sha256:hash author:text note:text valid_from_us:i64 recorded_us:i64
-- rows: many
SELECT version, sha256, author, note, valid_from_us, recorded_us
FROM program_version
WHERE tenant_id = :tenant_id AND version < :before_version
ORDER BY version DESC
LIMIT :row_limit;
