-- schema_migration_insert: remembers that a migration was applied.
-- in: number:i64 name:text sha256:text
-- out: (none)
-- rows: none
-- maintenance: belongs to the database, not to a tenant
INSERT INTO schema_migration
    (number, name, sha256)
VALUES
    (:number, :name, :sha256);
