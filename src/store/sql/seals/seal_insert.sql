-- seal_insert: the next seal of a tenant.
-- in: tenant_id:i64 seal_no:i64 at_us:i64 n_chains:i64 n_rows:i64 root:hash previous:hash
--      signature:blob
-- out: (none)
-- rows: none
INSERT INTO seal
    (tenant_id, seal_no, at_us, n_chains, n_rows, root, previous, signature)
VALUES
    (:tenant_id, :seal_no, :at_us, :n_chains, :n_rows, :root, :previous, :signature);
