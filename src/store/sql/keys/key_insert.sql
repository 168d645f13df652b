-- key_insert: a new API key, with the next free number of the tenant.
-- in: tenant_id:i64 secret_hash:hash name:text last4:text scopes:text created_us:i64
--      expires_us:i64?
-- out: key_id:i64
-- rows: one
INSERT INTO api_key
    (tenant_id, key_id, secret_hash, name, last4, scopes, created_us, expires_us)
SELECT :tenant_id, COALESCE(MAX(key_id), 0) + 1, :secret_hash, :name, :last4, :scopes,
       :created_us, :expires_us
FROM api_key
WHERE tenant_id = :tenant_id
RETURNING key_id;
