-- turn_lock: waits until no other process is in a transaction that has done this.
-- in: (none)
-- out: n_locks:i64
-- rows: one
-- maintenance: orders the writers of the whole database
SELECT 0 AS n_locks;
