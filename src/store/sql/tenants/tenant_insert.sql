-- tenant_insert: a new tenant, with the next free number.
-- in: slug:text created_us:i64
-- out: tenant_id:i64
-- rows: one
-- maintenance: makes the tenant
INSERT INTO tenant (tenant_id, slug, created_us)
SELECT COALESCE(MAX(tenant_id), 0) + 1, :slug, :created_us
FROM tenant
RETURNING tenant_id;
