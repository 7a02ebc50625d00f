-- What was, over time. A row of a resolution (minute, hour, day) is about the time that begins `at`.

-- Content that friends received, in all, of each game, and by each friend.
CREATE TABLE history_moved (
    resolution TEXT NOT NULL,
    at         BIGINT NOT NULL,
    dimension  TEXT NOT NULL,             -- all, game, friend
    name       TEXT NOT NULL,             -- '', a slug, an account's id
    lan        BIGINT NOT NULL,
    tailnet    BIGINT NOT NULL,
    internet   BIGINT NOT NULL,
    seed       BIGINT NOT NULL,
    https      BIGINT NOT NULL,
    PRIMARY KEY (resolution, at, dimension, name)
);

-- The most that there was at once.
CREATE TABLE history_peaks (
    resolution TEXT NOT NULL,
    at         BIGINT NOT NULL,
    what       TEXT NOT NULL,             -- friends, seeds, store
    name       TEXT NOT NULL,             -- '', or a seed's id
    most       BIGINT NOT NULL,
    PRIMARY KEY (resolution, at, what, name)
);
