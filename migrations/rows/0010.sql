INSERT INTO invites (id, code_hash, user_id, name, note, uses, used, made_by, created, expires) VALUES ('i1', 'ih1', NULL, 'bob', 'for bob', 1, 0, 'operator', 2000, 9000);
INSERT INTO invite_games (invite_id, game_id) VALUES ('i1', 'g1');
