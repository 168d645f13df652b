-- audit_return_page: returns and cancellations with the order they belong to, by order.
-- in:  tenant_id:i64 after_order:blob after:blob row_limit:i64
-- out: order_id:blob? event_id:blob member_id:blob payload:text order_payload:text?
--      order_member_id:blob?
-- rows: many
SELECT r.order_id, r.event_id, r.member_id, r.payload, o.payload AS order_payload,
       o.member_id AS order_member_id
FROM event r
LEFT JOIN event o ON o.tenant_id = r.tenant_id AND o.event_id = r.order_id
WHERE r.tenant_id = :tenant_id AND r.order_id IS NOT NULL
  AND (r.order_id, r.event_id) > (:after_order, :after)
ORDER BY r.order_id, r.event_id
LIMIT :row_limit;
