-- copy_key_insert: an API key under the number it has elsewhere.
-- in:  tenant_id:i64 key_id:i64 secret_hash:blob name:text last4:text scopes:text created_us:i64
--      expires_us:i64? revoked_us:i64?
-- out: (none)
-- rows: none
INSERT INTO api_key
    (tenant_id, key_id, secret_hash, name, last4, scopes, created_us, expires_us, revoked_us)
VALUES
    (:tenant_id, :key_id, :secret_hash, :name, :last4, :scopes, :created_us, :expires_us,
     :revoked_us);
