-- copy_key_page: API keys after one, by number, with the hashes of their secrets.
-- in:  tenant_id:i64 after_key_id:i64 row_limit:i64
-- out: key_id:i64 secret_hash:blob name:text last4:text scopes:text created_us:i64
--      expires_us:i64? revoked_us:i64?
-- rows: many
SELECT key_id, secret_hash, name, last4, scopes, created_us, expires_us, revoked_us
FROM api_key
WHERE tenant_id = :tenant_id AND key_id > :after_key_id
ORDER BY key_id
LIMIT :row_limit;
