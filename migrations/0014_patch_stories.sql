-- What a patch is made of: JSON (PatchStory), packed by zstd; at most 1 MB, usually some kB.
CREATE TABLE patch_stories (
    from_build TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    to_build   TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    story      BYTEA NOT NULL,
    PRIMARY KEY (from_build, to_build)
);
CREATE INDEX patch_stories_to ON patch_stories (to_build);
