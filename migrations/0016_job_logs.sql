-- What happened to a job, line by line; a few hundred lines a job, bounded by the tracker.
CREATE TABLE job_log (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,               -- from 1; missing ones were left out
    at     BIGINT NOT NULL,
    level  TEXT NOT NULL,
    source TEXT NOT NULL,                 -- 'tracker' or 'seed'
    text   TEXT NOT NULL,
    PRIMARY KEY (job_id, number)
);

-- When a seed began the job the last time, how many lines it has said since, and the number of the log's last line.
ALTER TABLE jobs ADD COLUMN begun BIGINT;
ALTER TABLE jobs ADD COLUMN said BIGINT;
ALTER TABLE jobs ADD COLUMN lines BIGINT;
