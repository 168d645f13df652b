-- copy_count_list: how many rows every table has, of whatever tenant.
-- in:  (none)
-- out: name:text n_rows:i64
-- rows: many
-- maintenance: an installation moves with all its tenants
SELECT 'tenant' AS name, COUNT(*) AS n_rows FROM tenant
UNION ALL SELECT 'setting', COUNT(*) FROM setting
UNION ALL SELECT 'api_key', COUNT(*) FROM api_key
UNION ALL SELECT 'program_version', COUNT(*) FROM program_version
UNION ALL SELECT 'member', COUNT(*) FROM member
UNION ALL SELECT 'person', COUNT(*) FROM person
UNION ALL SELECT 'identifier', COUNT(*) FROM identifier
UNION ALL SELECT 'event', COUNT(*) FROM event
UNION ALL SELECT 'parked_event', COUNT(*) FROM parked_event
UNION ALL SELECT 'ledger_entry', COUNT(*) FROM ledger_entry
UNION ALL SELECT 'allocation', COUNT(*) FROM allocation
UNION ALL SELECT 'member_cache', COUNT(*) FROM member_cache
UNION ALL SELECT 'counter', COUNT(*) FROM counter
UNION ALL SELECT 'redemption', COUNT(*) FROM redemption
UNION ALL SELECT 'idempotency', COUNT(*) FROM idempotency
UNION ALL SELECT 'audit_entry', COUNT(*) FROM audit_entry
UNION ALL SELECT 'seal', COUNT(*) FROM seal
UNION ALL SELECT 'import_progress', COUNT(*) FROM import_progress;
