INSERT INTO denied_accounts (account, since) VALUES ('u2', 2000);
