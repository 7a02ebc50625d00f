-- What browsers show instead of tokens. A session of a browser ends when it was not used for some hours.
CREATE TABLE browser_cookies (
    hash   TEXT PRIMARY KEY,              -- BLAKE3 of the cookie; the cookie itself is never kept
    family TEXT NOT NULL REFERENCES sessions (family) ON DELETE CASCADE
);
CREATE INDEX browser_cookies_family ON browser_cookies (family);
