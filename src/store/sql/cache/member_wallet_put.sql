-- member_wallet_put: the balances of one wallet.
-- in: tenant_id:i64 member_id:id currency:text available:i64 pending:i64 held:i64 debt:i64
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: member_cache_list
INSERT INTO member_cache
    (tenant_id, member_id, kind, name, number, available, pending, held, debt)
VALUES
    (:tenant_id, :member_id, 1, :currency, 0, :available, :pending, :held, :debt)
ON CONFLICT (tenant_id, member_id, kind, name, number) DO UPDATE
SET available = excluded.available, pending = excluded.pending, held = excluded.held,
    debt = excluded.debt;
