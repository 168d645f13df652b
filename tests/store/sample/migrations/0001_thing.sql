-- 0001_thing: the sample's only table.
CREATE TABLE thing (
    tenant_id {{i64}} NOT NULL,
    thing_id {{blob}} NOT NULL CHECK (length(thing_id) = 16),
    name {{text}} NOT NULL,
    note {{text}},
    photo {{blob}},
    digest {{blob}} NOT NULL,
    owner_id {{blob}},
    active {{bool}} NOT NULL,
    seen {{bool}},
    rank {{i64}},
    PRIMARY KEY (tenant_id, thing_id)
) {{clustered}};
