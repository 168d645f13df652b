-- key_list: the API keys of a tenant, revoked ones too.
-- in: tenant_id:i64
-- out: tenant_id:i64 key_id:i64 secret_hash:hash name:text last4:text scopes:text
--      created_us:i64 expires_us:i64? revoked_us:i64?
-- rows: many
SELECT tenant_id, key_id, secret_hash, name, last4, scopes, created_us, expires_us, revoked_us
FROM api_key
WHERE tenant_id = :tenant_id
ORDER BY key_id;
