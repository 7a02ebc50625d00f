-- Links by which somebody makes an account, or sets a lost password anew.
CREATE TABLE invites (
    id        TEXT PRIMARY KEY,
    code_hash TEXT NOT NULL,              -- BLAKE3 of the code; the code itself is never kept
    user_id   TEXT REFERENCES users (id) ON DELETE CASCADE, -- whose password it sets anew; none if it makes accounts
    name      TEXT,                       -- name that the account gets; none if whoever joins chooses it
    note      TEXT NOT NULL,
    uses      BIGINT NOT NULL,
    used      BIGINT NOT NULL,
    made_by   TEXT NOT NULL,
    created   BIGINT NOT NULL,
    expires   BIGINT NOT NULL,
    CONSTRAINT invites_code UNIQUE (code_hash)
);
CREATE INDEX invites_user ON invites (user_id);
CREATE TABLE invite_games (
    invite_id TEXT NOT NULL REFERENCES invites (id) ON DELETE CASCADE,
    game_id   TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    PRIMARY KEY (invite_id, game_id)
);
-- When an account signed in last, and when a session gave the password last.
ALTER TABLE users ADD COLUMN last_sign_in BIGINT;
ALTER TABLE sessions ADD COLUMN confirmed BIGINT;
