-- tenant_get: the tenant of this name.
-- in: slug:text
-- out: tenant_id:i64 slug:text created_us:i64
-- rows: one
-- maintenance: finds the tenant
SELECT tenant_id, slug, created_us FROM tenant WHERE slug = :slug;
