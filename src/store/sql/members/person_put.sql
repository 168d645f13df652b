-- person_put: who a member is, replacing what was known.
-- in: tenant_id:i64 member_id:id name:text? attributes:text metadata:text
-- out: (none)
-- rows: none
INSERT INTO person
    (tenant_id, member_id, name, attributes, metadata)
VALUES
    (:tenant_id, :member_id, :name, :attributes, :metadata)
ON CONFLICT (tenant_id, member_id) DO UPDATE
SET name = excluded.name, attributes = excluded.attributes, metadata = excluded.metadata;
