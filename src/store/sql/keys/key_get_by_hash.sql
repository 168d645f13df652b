-- key_get_by_hash: the API key with this hash, of the tenant that the key's text names.
-- in:  tenant_id:i64 secret_hash:hash
-- out: tenant_id:i64 key_id:i64 secret_hash:hash name:text last4:text scopes:text
--      created_us:i64 expires_us:i64? revoked_us:i64?
-- rows: one
SELECT tenant_id, key_id, secret_hash, name, last4, scopes, created_us, expires_us, revoked_us
FROM api_key
WHERE tenant_id = :tenant_id AND secret_hash = :secret_hash;
