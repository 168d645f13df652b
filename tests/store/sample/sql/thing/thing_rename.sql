-- thing_rename: name a thing anew, unless it has that name.
-- in:  tenant_id:i64 thing_id:id name:text
-- out: (none)
-- rows: changed
UPDATE thing SET name = :name
WHERE tenant_id = :tenant_id AND thing_id = :thing_id AND name <> :name;
