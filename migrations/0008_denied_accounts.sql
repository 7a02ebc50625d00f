-- Accounts whose capabilities no longer count, because they were disabled or removed.
CREATE TABLE denied_accounts (
    account TEXT PRIMARY KEY,
    since   BIGINT NOT NULL
);
