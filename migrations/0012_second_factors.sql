-- The second factor of an account: codes of an authenticator (RFC 6238), and codes for who lost it.
CREATE TABLE second_factors (
    user_id   TEXT PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret    BYTEA NOT NULL,             -- codes are made of it, so that it can't be kept as a hash
    confirmed BOOLEAN NOT NULL,           -- codes are asked for once one was shown
    last_step BIGINT NOT NULL,            -- step of the newest code that was used: none up to it counts again
    created   BIGINT NOT NULL
);
CREATE TABLE recovery_codes (
    hash    TEXT PRIMARY KEY,             -- BLAKE3 of account and code
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);
-- What the log is looked through by.
CREATE INDEX audit_actor ON audit (actor, at);
CREATE INDEX audit_action ON audit (action, at);
