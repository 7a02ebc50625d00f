INSERT INTO notice_target (position, webhook, kinds) VALUES (0, 'https://discord.com/api/webhooks/1/x', 'live');
INSERT INTO notices (id, kind, subject, text, created, due, tries, delivered, failed, failure) VALUES ('n1', 'live', 'drift@1.1', 'Drift 1.1 is live', 2000, 2000, 1, 2100, NULL, NULL);
