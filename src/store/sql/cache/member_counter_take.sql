-- member_counter_take: counts down; the row must be there.
-- in: tenant_id:i64 member_id:id name:text period:i64 units:i64
-- out: (none)
-- rows: changed
-- forgets: member_cache_list
UPDATE member_cache SET value = value - :units
WHERE tenant_id = :tenant_id AND member_id = :member_id AND kind = 3 AND name = :name
  AND number = :period;
