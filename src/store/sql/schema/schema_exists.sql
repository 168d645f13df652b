-- schema_exists: whether this database was ever migrated (1) or is empty (0).
-- in: (none)
-- out: n_tables:i64
-- rows: one
-- maintenance: looks at the database itself
SELECT COUNT(*) AS n_tables FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration';
