-- SQLite's writer has the whole database; here processes that start together take turns.
SELECT COUNT(*) AS n_locks
FROM pg_advisory_xact_lock(1751216741, hashtext(current_schema()));
