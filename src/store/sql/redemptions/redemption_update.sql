-- redemption_update: from one status to another, if it has the first.
-- in: tenant_id:i64 redemption_id:id from_status:text to_status:text updated_us:i64
-- out: (none)
-- rows: changed
-- forgets: nothing
UPDATE redemption SET status = :to_status, updated_us = :updated_us
WHERE tenant_id = :tenant_id AND redemption_id = :redemption_id AND status = :from_status;
