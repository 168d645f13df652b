-- program_get_version_at: number of the newest version that is valid at an instant, 0 when there
-- is none.
-- in: tenant_id:i64 at_us:i64
-- out: version:i64
-- rows: one
SELECT COALESCE(MAX(version), 0) AS version
FROM program_version
WHERE tenant_id = :tenant_id AND valid_from_us <= :at_us;
