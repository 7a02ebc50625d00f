-- A game may have several seeds. The rows of what there was before are written by the tracker at its start
-- (tracker/src/db/copies.rs), also for what an earlier release does after this; games.seed_id stays the first of them.
CREATE TABLE game_seeds (
    game_id TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    seed_id TEXT NOT NULL REFERENCES seeds (id),
    since   BIGINT NOT NULL,              -- the first one is asked first
    PRIMARY KEY (game_id, seed_id)
);
CREATE INDEX game_seeds_seed ON game_seeds (seed_id);

-- What each seed has of a build. builds.kept and builds.archive_stored are the best of it.
CREATE TABLE build_seeds (
    build_id       TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    seed_id        TEXT NOT NULL REFERENCES seeds (id),
    kept           TEXT NOT NULL,
    archive_stored BIGINT,
    PRIMARY KEY (build_id, seed_id)
);
CREATE INDEX build_seeds_seed ON build_seeds (seed_id);
