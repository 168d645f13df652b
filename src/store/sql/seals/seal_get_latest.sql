-- seal_get_latest: the newest seal of a tenant.
-- in: tenant_id:i64
-- out: seal_no:i64 at_us:i64 n_chains:i64 n_rows:i64 root:hash previous:hash signature:blob
-- rows: one
SELECT seal_no, at_us, n_chains, n_rows, root, previous, signature
FROM seal
WHERE tenant_id = :tenant_id
ORDER BY seal_no DESC
LIMIT 1;
