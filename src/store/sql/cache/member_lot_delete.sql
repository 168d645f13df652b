-- member_lot_delete: a lot has nothing left.
-- in: tenant_id:i64 member_id:id currency:text lot_seq:i64
-- out: (none)
-- rows: none
-- forgets: member_cache_list
DELETE FROM member_cache
WHERE tenant_id = :tenant_id AND member_id = :member_id AND kind = 2 AND name = :currency
  AND number = :lot_seq;
