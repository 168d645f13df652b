-- copy_analyze: lets the planner know of many rows that came at once.
-- in:  (none)
-- out: (none)
-- rows: none
-- maintenance: belongs to the database, not to a tenant
ANALYZE sqlite_schema;
