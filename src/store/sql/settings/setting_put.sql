-- setting_put: sets one setting.
-- in: tenant_id:i64 name:text value:text
-- out: (none)
-- rows: none
-- forgets: nothing
INSERT INTO setting
    (tenant_id, name, value)
VALUES
    (:tenant_id, :name, :value)
ON CONFLICT (tenant_id, name) DO UPDATE SET value = excluded.value;
