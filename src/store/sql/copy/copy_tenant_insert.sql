-- copy_tenant_insert: a tenant under the number it has elsewhere.
-- in:  tenant_id:i64 slug:text created_us:i64
-- out: (none)
-- rows: none
INSERT INTO tenant
    (tenant_id, slug, created_us)
VALUES
    (:tenant_id, :slug, :created_us);
