INSERT INTO settings (name, value, changed_by, changed) VALUES ('requests_per_minute', '600', 'ann', 4000);
