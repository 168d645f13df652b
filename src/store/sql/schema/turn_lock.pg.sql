-- SQLite has one writer; here those that were in each other's way take turns.
SELECT COUNT(*) AS n_locks
FROM pg_advisory_xact_lock(1751216742, hashtext(current_schema()));
