-- member_head_move: the newest entry of a ledger; the instant at which the member is due is what it
-- was, so that the index of due members is left alone: one page less to write for most events.
-- in: tenant_id:i64 member_id:id last_seq:i64 recorded_us:i64 due_us:i64? hash:hash
--      orders:i64 spend:i64 visits:i64
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: member_cache_list
INSERT INTO member_cache
    (tenant_id, member_id, kind, name, number, last_seq, recorded_us, due_us, hash,
     orders, spend, visits)
VALUES
    (:tenant_id, :member_id, 0, '', 0, :last_seq, :recorded_us, :due_us, :hash,
     :orders, :spend, :visits)
ON CONFLICT (tenant_id, member_id, kind, name, number) DO UPDATE
SET last_seq = excluded.last_seq, recorded_us = excluded.recorded_us, hash = excluded.hash,
    orders = excluded.orders, spend = excluded.spend, visits = excluded.visits;
