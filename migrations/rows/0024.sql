INSERT INTO build_samples (build_id, ended, asked, proved) VALUES ('b1', 5000, 3, 2);
