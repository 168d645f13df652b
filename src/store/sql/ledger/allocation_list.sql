-- allocation_list: allocations of the entries between two numbers.
-- in: tenant_id:i64 member_id:id from_seq:i64 to_seq:i64
-- out: entry_seq:i64 lot_seq:i64 units:i64
-- rows: many
SELECT entry_seq, lot_seq, units
FROM allocation
WHERE tenant_id = :tenant_id AND member_id = :member_id
  AND entry_seq BETWEEN :from_seq AND :to_seq
ORDER BY entry_seq, lot_seq;
