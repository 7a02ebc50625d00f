-- Who may sign builds beside the release key: every list that a release key has signed; the one with the highest serial counts.
CREATE TABLE publisher_lists (
    serial    BIGINT PRIMARY KEY,
    statement TEXT NOT NULL               -- base64
);
