-- copy_program_page: versions of the programme after one, oldest first.
-- in:  tenant_id:i64 after_version:i64 row_limit:i64
-- out: version:i64 document:text sha256:blob author:text note:text valid_from_us:i64
--      recorded_us:i64
-- rows: many
SELECT version, document, sha256, author, note, valid_from_us, recorded_us
FROM program_version
WHERE tenant_id = :tenant_id AND version > :after_version
ORDER BY version
LIMIT :row_limit;
