-- thing_ranks: the ranks of a tenant's things with a given note, lowest first.
-- in:  tenant_id:i64 note:text?
-- out: rank:i64?
-- rows: many
SELECT rank
FROM thing
WHERE tenant_id = :tenant_id AND (:note IS NULL OR note = :note) AND name <> ':not a parameter'
ORDER BY rank;
