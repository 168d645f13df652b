-- audit_tenant_list: every tenant, to be audited one after the other.
-- in:  (none)
-- out: tenant_id:i64 slug:text
-- rows: many
-- maintenance: an audit goes through all tenants
SELECT tenant_id, slug
FROM tenant
ORDER BY tenant_id;
