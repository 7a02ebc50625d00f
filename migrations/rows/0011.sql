UPDATE users SET last_sign_in = 2000 WHERE id = 'u1';
INSERT INTO api_tokens (id, hash, user_id, name, level, created, expires, used) VALUES ('at1', 'ath1', 'u1', 'ci', 'read', 2000, 9000, NULL);
