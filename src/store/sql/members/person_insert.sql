-- person_insert: who a new member is.
-- in: tenant_id:i64 member_id:id name:text? attributes:text metadata:text
-- out: (none)
-- rows: none
-- batch: 20
-- forgets: person_get
INSERT INTO person
    (tenant_id, member_id, name, attributes, metadata)
VALUES
    (:tenant_id, :member_id, :name, :attributes, :metadata);
