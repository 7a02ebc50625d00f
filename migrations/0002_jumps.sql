-- Patches for single friends' folders, made on request.
CREATE TABLE jumps (
    id             TEXT PRIMARY KEY,
    build_id       TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE, -- build that the folder shall become
    account        TEXT NOT NULL,         -- users.id of who asked first
    signature_hash TEXT NOT NULL,
    signature_size BIGINT NOT NULL,
    job_id         TEXT,                  -- jobs.id; none before the signature was sent
    blob_hash      TEXT,                  -- the patch, once it is made
    blob_size      BIGINT,
    made           BIGINT,                -- when the patch was made
    used           BIGINT NOT NULL,       -- when it was last asked for
    CONSTRAINT jumps_signature UNIQUE (build_id, signature_hash)
);
CREATE INDEX jumps_account ON jumps (account);
CREATE INDEX jumps_job ON jumps (job_id);
CREATE INDEX jumps_blob ON jumps (blob_hash);

-- Who would rather have one patch than the chain between two builds.
CREATE TABLE patch_asks (
    id         TEXT PRIMARY KEY,
    from_build TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    to_build   TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    account    TEXT NOT NULL,
    CONSTRAINT patch_asks_once UNIQUE (from_build, to_build, account)
);
