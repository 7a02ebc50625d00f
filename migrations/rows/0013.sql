INSERT INTO covers (game_id, hash, hue, width, height, large, small) VALUES ('g1', 'coh1', 200, 600, 900, X'ff', X'fe');
UPDATE builds SET notes = 'Faster cars', pinned = TRUE WHERE id = 'b2';
