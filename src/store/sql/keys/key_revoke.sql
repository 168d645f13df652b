-- key_revoke: ends an API key that is not revoked yet.
-- in: tenant_id:i64 key_id:i64 revoked_us:i64
-- out: (none)
-- rows: changed
UPDATE api_key SET revoked_us = :revoked_us
WHERE tenant_id = :tenant_id AND key_id = :key_id AND revoked_us IS NULL;
