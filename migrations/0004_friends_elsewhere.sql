-- What came from friends who are neither on the same network nor in the Tailnet.
ALTER TABLE transfers ADD COLUMN internet BIGINT NOT NULL DEFAULT 0;
