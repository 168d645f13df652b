-- SQLite is one file; here an extension may have made these functions.
SELECT COUNT(*) / 2 AS n_found
FROM pg_catalog.pg_proc
WHERE proname IN ('create_distributed_table', 'create_reference_table')
  AND pg_function_is_visible(oid);
