-- Each service's privileges (rule R2: one writer). rates-sync owns the schema.
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, INDEX, REFERENCES, CREATE VIEW, SHOW VIEW
    ON rates.* TO rates_sync@'%';

-- rates-api reads the views and nothing else, not even the tables behind them: a view runs with the
-- privileges of its creator, rates-sync. rates-sync's first migration creates the views, after this file has
-- run. MySQL accepts a grant on something that does not exist only with CREATE, which is revoked again.
GRANT CREATE, SELECT ON rates.head_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.current_rates_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.rate_history_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.rate_averages_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.sync_status_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.bank_calendar_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.data_status_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.payloads_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.receipts_v1 TO rates_api@'%';
GRANT CREATE, SELECT ON rates.signing_keys_v1 TO rates_api@'%';
REVOKE CREATE ON rates.head_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.current_rates_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.rate_history_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.rate_averages_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.sync_status_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.bank_calendar_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.data_status_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.payloads_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.signing_keys_v1 FROM rates_api@'%';
REVOKE CREATE ON rates.receipts_v1 FROM rates_api@'%';
