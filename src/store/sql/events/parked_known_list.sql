-- parked_known_list: returns that nobody has matched yet, after one, by source and name, with
-- whether their sale is known after all.
-- in: tenant_id:i64 source:text external_id:text type:text row_limit:i64
-- out: source:text external_id:text type:text refund_of:text n_sales:i64
-- rows: many
-- batch: read
SELECT p.source, p.external_id, p.type, p.refund_of,
       (SELECT COUNT(*) FROM event e
        WHERE e.tenant_id = :tenant_id AND e.source = p.source
          AND e.external_id = p.refund_of AND e.type = 'order.paid') AS n_sales
FROM parked_event p
WHERE p.tenant_id = :tenant_id AND p.member_id IS NULL
  AND (p.source, p.external_id, p.type) > (:source, :external_id, :type)
ORDER BY p.source, p.external_id, p.type
LIMIT :row_limit;
