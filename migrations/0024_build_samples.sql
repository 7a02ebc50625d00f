-- What the last spot check of a build at friends found.
CREATE TABLE build_samples (
    build_id TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
    ended    BIGINT NOT NULL,
    asked    BIGINT NOT NULL,             -- friends' programs that were asked for random pieces
    proved   BIGINT NOT NULL              -- those of them that gave every one
);
