-- copy_seal_page: seals after one, oldest first.
-- in:  tenant_id:i64 after_seal_no:i64 row_limit:i64
-- out: seal_no:i64 at_us:i64 n_chains:i64 n_rows:i64 root:blob previous:blob signature:blob
-- rows: many
SELECT seal_no, at_us, n_chains, n_rows, root, previous, signature
FROM seal
WHERE tenant_id = :tenant_id AND seal_no > :after_seal_no
ORDER BY seal_no
LIMIT :row_limit;
