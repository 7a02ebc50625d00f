INSERT INTO patch_stories (from_build, to_build, story) VALUES ('b1', 'b2', X'0203');
