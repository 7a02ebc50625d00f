-- How the seed keeps the files of a build: whole, or by patches from another one.
ALTER TABLE builds ADD COLUMN kept TEXT NOT NULL DEFAULT 'whole';

-- Jobs of a lower number are given out first: nobody waits for those that tidy up.
ALTER TABLE jobs ADD COLUMN priority BIGINT NOT NULL DEFAULT 0;
