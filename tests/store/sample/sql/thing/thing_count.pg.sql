-- PostgreSQL counts exactly but slowly; the sample only needs some difference.
SELECT COUNT(*)::BIGINT AS things FROM ONLY thing;
