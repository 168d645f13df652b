-- member_counter_add: counts up.
-- in: tenant_id:i64 member_id:id name:text period:i64 units:i64
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: member_cache_list
INSERT INTO member_cache
    (tenant_id, member_id, kind, name, number, value)
VALUES
    (:tenant_id, :member_id, 3, :name, :period, :units)
ON CONFLICT (tenant_id, member_id, kind, name, number) DO UPDATE
SET value = member_cache.value + excluded.value;
