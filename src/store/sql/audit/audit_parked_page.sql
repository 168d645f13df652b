-- audit_parked_page: returns that wait, after one, with whether they happened all the same.
-- in:  tenant_id:i64 after_source:text after_external_id:text after_type:text row_limit:i64
-- out: source:text external_id:text type:text event_id:blob refund_of:text occurred_us:i64
--      recorded_us:i64 fingerprint:blob payload:text reply:text n_events:i64 member_id:blob?
--      sale_member_id:blob?
-- rows: many
SELECT p.source, p.external_id, p.type, p.event_id, p.refund_of, p.occurred_us,
       p.recorded_us, p.fingerprint, p.payload, p.reply,
       (SELECT COUNT(*) FROM event e
        WHERE e.tenant_id = :tenant_id AND e.source = p.source
          AND e.external_id = p.external_id AND e.type = p.type) AS n_events,
       p.member_id, s.member_id AS sale_member_id
FROM parked_event p
LEFT JOIN event s ON s.tenant_id = p.tenant_id AND s.source = p.source
  AND s.external_id = p.refund_of AND s.type = 'order.paid'
WHERE p.tenant_id = :tenant_id
  AND (p.source, p.external_id, p.type) > (:after_source, :after_external_id, :after_type)
ORDER BY p.source, p.external_id, p.type
LIMIT :row_limit;
