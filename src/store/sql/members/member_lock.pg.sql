-- Several processes write at once: whoever has the row decides about the member, the others wait.
SELECT member_id, status, enrolled_us, updated_us
FROM member
WHERE tenant_id = :tenant_id AND member_id = :member_id
FOR NO KEY UPDATE;
