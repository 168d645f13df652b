-- schema_migration_list: the migrations that were applied, in their order.
-- in: (none)
-- out: number:i64 name:text sha256:text
-- rows: many
-- maintenance: belongs to the database, not to a tenant
SELECT number, name, sha256 FROM schema_migration ORDER BY number;
