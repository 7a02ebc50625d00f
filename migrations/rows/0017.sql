INSERT INTO keep_default (position, keep_newest, keep_days) VALUES (0, 5, NULL);
INSERT INTO keep_policies (game_id, keep_newest, keep_days) VALUES ('g1', 3, 30);
UPDATE games SET pruned = 4000 WHERE id = 'g1';
