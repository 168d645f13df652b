-- copy_counter_insert: a shared counter as it stands.
-- in:  tenant_id:i64 owner_id:blob name:text period:i64 value:i64
-- out: (none)
-- rows: none
-- batch: 20
INSERT INTO counter
    (tenant_id, owner_id, name, period, value)
VALUES
    (:tenant_id, :owner_id, :name, :period, :value);
