-- thing_insert: add one thing; every type that a parameter can have.
-- in:  tenant_id:i64 thing_id:id name:text note:text? photo:blob?
--      digest:hash owner_id:id? active:bool seen:bool? rank:i64?
-- out: (none)
-- rows: none
INSERT INTO thing (tenant_id, thing_id, name, note, photo, digest, owner_id, active, seen, rank)
VALUES (:tenant_id, :thing_id, :name, :note, :photo, :digest, :owner_id, :active, :seen, :rank);
