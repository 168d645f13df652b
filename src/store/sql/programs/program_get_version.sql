-- program_get_version: number of the newest version, 0 when there is none.
-- in: tenant_id:i64
-- out: version:i64
-- rows: one
-- batch: read
SELECT COALESCE(MAX(version), 0) AS version
FROM program_version
WHERE tenant_id = :tenant_id;
