-- Each engine keeps the list of its tables elsewhere.
SELECT COUNT(*) AS n_tables FROM pg_catalog.pg_tables
WHERE schemaname = current_schema() AND tablename = 'schema_migration';
