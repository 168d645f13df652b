-- copy_session_get: how many other connections of Habitue there are to this database.
-- in:  (none)
-- out: n_sessions:i64
-- rows: one
-- maintenance: looks at the database itself
SELECT 0 AS n_sessions;
