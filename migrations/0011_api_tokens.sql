-- What scripts show instead of a password.
CREATE TABLE api_tokens (
    id      TEXT PRIMARY KEY,
    hash    TEXT NOT NULL,                -- BLAKE3 of the token; the token itself is never kept
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name    TEXT NOT NULL,
    level   TEXT NOT NULL,
    created BIGINT NOT NULL,
    expires BIGINT NOT NULL,
    used    BIGINT,
    CONSTRAINT api_tokens_hash UNIQUE (hash)
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
