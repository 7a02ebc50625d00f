UPDATE jobs SET begun = 2100, said = 1, lines = 2 WHERE id = 'j1';
INSERT INTO job_log (job_id, number, at, level, source, text) VALUES ('j1', 1, 2000, 'info', 'tracker', 'queued');
INSERT INTO job_log (job_id, number, at, level, source, text) VALUES ('j1', 2, 2500, 'error', 'seed', 'no room');
