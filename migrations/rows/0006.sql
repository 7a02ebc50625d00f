INSERT INTO game_seeds (game_id, seed_id, since) VALUES ('g1', 's1', 1000);
INSERT INTO build_seeds (build_id, seed_id, kept, archive_stored) VALUES ('b2', 's1', 'whole', NULL);
