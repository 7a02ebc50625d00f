-- What several trackers on one database must agree on.

-- The tracker's own key: one row, of position 0. Whoever starts first makes it.
CREATE TABLE tracker_keys (
    position BIGINT PRIMARY KEY,
    secret   BYTEA NOT NULL               -- 32 bytes
);

-- What is done once in the life of a server, by whoever writes the row.
CREATE TABLE firsts (
    what TEXT PRIMARY KEY,
    at   BIGINT NOT NULL
);
