-- The cover of a game, as the server made it of what it was given: at most 1.5 MB a game.
CREATE TABLE covers (
    game_id TEXT PRIMARY KEY REFERENCES games (id) ON DELETE CASCADE,
    hash    TEXT NOT NULL,                -- of the large picture; both are served under it
    hue     BIGINT,                       -- degrees of OKLCH; none of a grey picture
    width   BIGINT NOT NULL,
    height  BIGINT NOT NULL,
    large   BYTEA NOT NULL,
    small   BYTEA NOT NULL
);

-- What is new in a build, who pushed it, and whether pruning leaves it alone.
ALTER TABLE builds ADD COLUMN notes TEXT;
ALTER TABLE builds ADD COLUMN pushed_by TEXT;
ALTER TABLE builds ADD COLUMN pinned BOOLEAN;

-- The build that goes live by itself, when, and who said so.
ALTER TABLE games ADD COLUMN next_live TEXT;
ALTER TABLE games ADD COLUMN next_live_at BIGINT;
ALTER TABLE games ADD COLUMN next_live_by TEXT;
