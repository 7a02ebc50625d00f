INSERT INTO history_moved (resolution, at, dimension, name, lan, tailnet, internet, seed, https) VALUES ('day', 0, 'game', 'drift', 1, 2, 3, 4, 5);
INSERT INTO history_peaks (resolution, at, what, name, most) VALUES ('hour', 3600000, 'store', 's1', 1000000);
