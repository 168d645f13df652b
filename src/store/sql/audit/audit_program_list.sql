-- audit_program_list: every version of the programme, oldest first.
-- in:  tenant_id:i64
-- out: version:i64 document:text sha256:blob valid_from_us:i64 recorded_us:i64
-- rows: many
SELECT version, document, sha256, valid_from_us, recorded_us
FROM program_version
WHERE tenant_id = :tenant_id
ORDER BY version;
