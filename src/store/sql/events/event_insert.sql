-- event_insert: an event that was judged; (source, external_id, type) is unique for ever.
-- in: tenant_id:i64 event_id:id member_id:id source:text external_id:text type:text
--      order_id:id? occurred_us:i64 recorded_us:i64 program_version:i64 fingerprint:hash
--      payload:text facts:text reply:text first_seq:i64 last_seq:i64 actor_id:i64?
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: event_get_by_key event_order_list
INSERT INTO event
    (tenant_id, event_id, member_id, source, external_id, type, order_id, occurred_us,
     recorded_us, program_version, fingerprint, payload, facts, reply, first_seq, last_seq,
     actor_id)
VALUES
    (:tenant_id, :event_id, :member_id, :source, :external_id, :type, :order_id, :occurred_us,
     :recorded_us, :program_version, :fingerprint, :payload, :facts, :reply, :first_seq,
     :last_seq, :actor_id);
