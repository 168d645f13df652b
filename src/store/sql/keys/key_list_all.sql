-- key_list_all: the API keys of all tenants that are not revoked.
-- in: (none)
-- out: tenant_id:i64 key_id:i64 secret_hash:hash name:text last4:text scopes:text
--      created_us:i64 expires_us:i64? revoked_us:i64?
-- rows: many
-- maintenance: fills the cache of keys when the server starts
SELECT tenant_id, key_id, secret_hash, name, last4, scopes, created_us, expires_us, revoked_us
FROM api_key
WHERE revoked_us IS NULL
ORDER BY tenant_id, key_id;
