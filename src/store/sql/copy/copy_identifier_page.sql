-- copy_identifier_page: identifiers after one, in the order of the key.
-- in:  tenant_id:i64 after_kind:text after_value:text row_limit:i64
-- out: kind:text value:text member_id:blob created_us:i64
-- rows: many
SELECT kind, value, member_id, created_us
FROM identifier
WHERE tenant_id = :tenant_id AND (kind, value) > (:after_kind, :after_value)
ORDER BY kind, value
LIMIT :row_limit;
