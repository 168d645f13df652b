-- import_get: how far an import has come.
-- in: tenant_id:i64 import_id:id
-- out: rows_done:i64 detail:text updated_us:i64
-- rows: one
SELECT rows_done, detail, updated_us
FROM import_progress
WHERE tenant_id = :tenant_id AND import_id = :import_id;
