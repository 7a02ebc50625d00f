INSERT INTO client_packages (platform, kind, version, size, hash, added, statement) VALUES ('x86_64-linux', 'tar_zst', '0.2.0', 4, 'c1', 6000, 'TUlTVENMSTE=');
INSERT INTO client_parts (hash, number, bytes) VALUES ('c1', 0, X'31323334');
