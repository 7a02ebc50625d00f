-- The key that can take over from a release key which was lost: signed by it in advance, and kept by the admin alone.
CREATE TABLE recovery_keys (
    release_key TEXT PRIMARY KEY,         -- that it can take over from
    key         TEXT NOT NULL,
    made        BIGINT NOT NULL,
    made_by     TEXT NOT NULL
);
