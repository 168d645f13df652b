-- setting_get: the value of one setting.
-- in: tenant_id:i64 name:text
-- out: value:text
-- rows: one
SELECT value FROM setting WHERE tenant_id = :tenant_id AND name = :name;
