-- copy_import_page: imports after one, by id.
-- in:  tenant_id:i64 after_import_id:blob row_limit:i64
-- out: import_id:blob rows_done:i64 detail:text updated_us:i64
-- rows: many
SELECT import_id, rows_done, detail, updated_us
FROM import_progress
WHERE tenant_id = :tenant_id AND import_id > :after_import_id
ORDER BY import_id
LIMIT :row_limit;
