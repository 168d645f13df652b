-- tenant_list: every tenant.
-- in: (none)
-- out: tenant_id:i64 slug:text created_us:i64
-- rows: many
-- maintenance: the audit goes through all tenants
SELECT tenant_id, slug, created_us FROM tenant ORDER BY tenant_id;
