-- thing_get: one thing as it was inserted.
-- in:  tenant_id:i64 thing_id:id
-- out: name:text note:text? photo:blob? digest:hash owner_id:id? active:bool seen:bool? rank:i64?
-- rows: one
SELECT name, note, photo, digest, owner_id, active, seen, rank
FROM thing
WHERE tenant_id = :tenant_id AND thing_id = :thing_id; -- the colon of 12:30 is no parameter
