INSERT INTO browser_cookies (hash, family) VALUES ('ch1', 'f1');
