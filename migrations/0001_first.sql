-- One set of statements for SQLite and PostgreSQL. Types are those that both take: TEXT, BIGINT, BOOLEAN, BYTEA
-- (SQLite keeps a blob in a BYTEA column unchanged). Times are milliseconds since the Unix epoch. Ids are UUIDv7.

CREATE TABLE release_keys (
    position BIGINT PRIMARY KEY,          -- 0 is the first key; the highest one signs now
    key      TEXT NOT NULL,
    rotation TEXT                         -- base64 of the rotation that made it; none for the first
);

CREATE TABLE users (
    id       TEXT PRIMARY KEY,
    name     TEXT NOT NULL,
    scope    TEXT NOT NULL,
    password TEXT NOT NULL,               -- argon2id, PHC string
    disabled BOOLEAN NOT NULL,
    created  BIGINT NOT NULL,
    CONSTRAINT users_name UNIQUE (name)
);

CREATE TABLE sessions (
    family   TEXT PRIMARY KEY,
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device   TEXT,
    created  BIGINT NOT NULL,
    expires  BIGINT NOT NULL              -- moves on with each refresh
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE refresh_tokens (
    hash   TEXT PRIMARY KEY,              -- BLAKE3 of the token; the token itself is never kept
    family TEXT NOT NULL REFERENCES sessions (family) ON DELETE CASCADE,
    issued BIGINT NOT NULL,
    used   BIGINT,                        -- when it was exchanged
    next   TEXT                           -- hash of the token that it was exchanged for
);
CREATE INDEX refresh_tokens_family ON refresh_tokens (family);

CREATE TABLE seeds (
    id         TEXT PRIMARY KEY,
    name       TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    public_url TEXT,
    created    BIGINT NOT NULL,
    last_seen  BIGINT,
    CONSTRAINT seeds_name UNIQUE (name)
);

CREATE TABLE devices (
    peer      TEXT PRIMARY KEY,
    owner     TEXT NOT NULL,              -- users.id or seeds.id
    name      TEXT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX devices_owner ON devices (owner);

-- What peers must refuse until the tickets that were given out before have expired.
CREATE TABLE denied_peers (
    peer  TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);
CREATE TABLE denied_grants (
    account TEXT NOT NULL,
    game    TEXT NOT NULL,                -- slug
    since   BIGINT NOT NULL,
    PRIMARY KEY (account, game)
);

CREATE TABLE games (
    id          TEXT PRIMARY KEY,
    slug        TEXT NOT NULL,
    title       TEXT NOT NULL,
    description TEXT NOT NULL,
    cover_url   TEXT,
    app_id      BIGINT,
    is_private  BOOLEAN NOT NULL,
    by_hand     TEXT NOT NULL,            -- fields that a person edited, comma-separated: Steam never overwrites them
    live_build  TEXT,                     -- builds.id
    seed_id     TEXT,                     -- the seed whose store holds the builds
    created     BIGINT NOT NULL,
    changed     BIGINT NOT NULL,          -- written by every transaction that changes the game's builds, which orders them
    CONSTRAINT games_slug UNIQUE (slug)
);

CREATE TABLE grants (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    game_id TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, game_id)
);

CREATE TABLE builds (
    id             TEXT PRIMARY KEY,      -- also the id of the push that made it
    game_id        TEXT NOT NULL REFERENCES games (id) ON DELETE CASCADE,
    version        TEXT NOT NULL,
    sequence       BIGINT NOT NULL,
    floor          BIGINT NOT NULL,
    state          TEXT NOT NULL,
    go_live        BOOLEAN NOT NULL,      -- whether to make it live once it is ready
    manifest_id    TEXT NOT NULL,
    manifest_hash  TEXT NOT NULL,
    manifest_size  BIGINT NOT NULL,
    archive_hash   TEXT NOT NULL,
    archive_size   BIGINT NOT NULL,
    archive_stored BIGINT,
    content_size   BIGINT NOT NULL,
    files          BIGINT NOT NULL,
    created        BIGINT NOT NULL,
    CONSTRAINT builds_version UNIQUE (game_id, version),
    CONSTRAINT builds_sequence UNIQUE (game_id, sequence)
);
CREATE INDEX builds_manifest ON builds (manifest_hash);
CREATE INDEX builds_archive ON builds (archive_hash);

-- Apart from builds, so that listing builds reads no megabytes.
CREATE TABLE envelopes (
    build_id TEXT PRIMARY KEY REFERENCES builds (id) ON DELETE CASCADE,
    bytes    BYTEA NOT NULL
);

CREATE TABLE patches (
    from_build TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    to_build   TEXT NOT NULL REFERENCES builds (id) ON DELETE CASCADE,
    blob_hash  TEXT NOT NULL,
    blob_size  BIGINT NOT NULL,
    PRIMARY KEY (from_build, to_build)
);
CREATE INDEX patches_to ON patches (to_build);
CREATE INDEX patches_blob ON patches (blob_hash);

CREATE TABLE jobs (
    id          TEXT PRIMARY KEY,
    game        TEXT NOT NULL,            -- slug; a delete job outlives its game
    build_id    TEXT,                     -- build that it makes ready; none for delete
    kind        TEXT NOT NULL,
    spec        TEXT NOT NULL,            -- JSON
    seed_id     TEXT NOT NULL,            -- the seed that may claim it
    after_job   TEXT,                     -- job that must be done, or gone, before
    state       TEXT NOT NULL,
    stage       TEXT NOT NULL,
    done        BIGINT NOT NULL,
    total       BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    not_before  BIGINT NOT NULL,
    lease       TEXT,
    lease_until BIGINT,
    run         TEXT,                     -- run of the seed that holds the lease
    error       TEXT,
    created     BIGINT NOT NULL,
    updated     BIGINT NOT NULL
);
CREATE INDEX jobs_state ON jobs (state, seed_id);
CREATE INDEX jobs_build ON jobs (build_id);
CREATE INDEX jobs_game ON jobs (game);

CREATE TABLE transfers (
    user_id      TEXT NOT NULL,
    id           TEXT NOT NULL,
    game         TEXT NOT NULL,
    operation    TEXT NOT NULL,
    from_version TEXT,
    to_version   TEXT NOT NULL,
    lan          BIGINT NOT NULL,
    tailnet      BIGINT NOT NULL,
    seed         BIGINT NOT NULL,
    https        BIGINT NOT NULL,
    finished     BOOLEAN NOT NULL,
    created      BIGINT NOT NULL,
    updated      BIGINT NOT NULL,
    PRIMARY KEY (user_id, id)
);
CREATE INDEX transfers_game ON transfers (game);

CREATE TABLE audit (
    id      TEXT PRIMARY KEY,
    at      BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    subject TEXT NOT NULL
);
CREATE INDEX audit_at ON audit (at);
