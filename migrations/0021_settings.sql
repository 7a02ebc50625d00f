-- What was set while the server ran, of settings that may change then.
CREATE TABLE settings (
    name       TEXT PRIMARY KEY,
    value      TEXT NOT NULL,             -- as it would be written in the file
    changed_by TEXT NOT NULL,
    changed    BIGINT NOT NULL
);
