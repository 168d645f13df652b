-- schema_lock: from here to the end of the transaction no other process changes the schema.
-- in: (none)
-- out: n_locks:i64
-- rows: one
-- maintenance: locks the database itself
SELECT 0 AS n_locks;
