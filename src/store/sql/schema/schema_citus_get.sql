-- schema_citus_get: whether the database can spread tables over machines (1) or not (0).
-- in: (none)
-- out: n_found:i64
-- rows: one
-- maintenance: looks at the database itself
SELECT 0 AS n_found;
