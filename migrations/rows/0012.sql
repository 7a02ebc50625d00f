INSERT INTO second_factors (user_id, secret, confirmed, last_step, created) VALUES ('u1', X'00ff10', TRUE, 56666666, 2000);
INSERT INTO recovery_codes (hash, user_id) VALUES ('rch1', 'u1');
