-- What is told elsewhere: where, and of what. One row, of position 0.
CREATE TABLE notice_target (
    position BIGINT PRIMARY KEY,
    webhook  TEXT,                        -- a secret
    kinds    TEXT NOT NULL                -- comma-separated
);

-- An outbox: a row is written in the transaction of what it is about, and sent after that.
CREATE TABLE notices (
    id        TEXT PRIMARY KEY,
    kind      TEXT NOT NULL,
    subject   TEXT NOT NULL,
    text      TEXT NOT NULL,
    created   BIGINT NOT NULL,
    due       BIGINT NOT NULL,            -- when it is tried (again); while it is sent, when others may
    tries     BIGINT NOT NULL,
    delivered BIGINT,
    failed    BIGINT,                     -- when it was given up
    failure   TEXT
);
CREATE INDEX notices_subject ON notices (kind, subject);
CREATE INDEX notices_due ON notices (delivered, due);
