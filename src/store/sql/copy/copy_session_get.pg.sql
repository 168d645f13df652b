-- A file of SQLite is locked by its one process; here a server may go on writing.
SELECT COUNT(*) AS n_sessions
FROM pg_catalog.pg_stat_activity
WHERE datname = current_database() AND application_name = 'habitue'
  AND pid <> pg_backend_pid();
