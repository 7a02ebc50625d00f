-- Which builds the server keeps when it prunes by itself, in games that have no policy of their own. One row, of position 0, or none: then every build is kept.
CREATE TABLE keep_default (
    position    BIGINT PRIMARY KEY,
    keep_newest BIGINT NOT NULL,
    keep_days   BIGINT
);

-- What a game goes by instead.
CREATE TABLE keep_policies (
    game_id     TEXT PRIMARY KEY REFERENCES games (id) ON DELETE CASCADE,
    keep_newest BIGINT,                   -- none: every build is kept
    keep_days   BIGINT
);

-- When a game was pruned by its policy the last time; none when that is due.
ALTER TABLE games ADD COLUMN pruned BIGINT;
