-- copy_setting_page: settings after one, by name.
-- in:  tenant_id:i64 after_name:text row_limit:i64
-- out: name:text value:text
-- rows: many
SELECT name, value
FROM setting
WHERE tenant_id = :tenant_id AND name > :after_name
ORDER BY name
LIMIT :row_limit;
