-- thing_count: how many things there are.
-- in:  (none)
-- out: things:i64
-- rows: one
-- maintenance: counts over all tenants
SELECT COUNT(*) AS things FROM thing;
