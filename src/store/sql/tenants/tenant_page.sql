-- tenant_page: tenants after one, by number.
-- in:  after_tenant_id:i64 row_limit:i64
-- out: tenant_id:i64 slug:text created_us:i64
-- rows: many
-- maintenance: jobs and moves go through all tenants
SELECT tenant_id, slug, created_us
FROM tenant
WHERE tenant_id > :after_tenant_id
ORDER BY tenant_id
LIMIT :row_limit;
