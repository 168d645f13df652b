-- import_put: notes how far an import has come.
-- in: tenant_id:i64 import_id:id rows_done:i64 detail:text updated_us:i64
-- out: (none)
-- rows: none
INSERT INTO import_progress
    (tenant_id, import_id, rows_done, detail, updated_us)
VALUES
    (:tenant_id, :import_id, :rows_done, :detail, :updated_us)
ON CONFLICT (tenant_id, import_id) DO UPDATE
SET rows_done = excluded.rows_done, detail = excluded.detail, updated_us = excluded.updated_us;
