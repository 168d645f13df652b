-- SQLite's planner is told by the first migration; PostgreSQL looks at samples.
ANALYZE tenant, setting, api_key, program_version, member, person, identifier, event, parked_event,
        ledger_entry, allocation, member_cache, counter, redemption, idempotency, audit_entry, seal,
        import_progress;
