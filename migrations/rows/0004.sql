UPDATE transfers SET internet = 5 WHERE id = 't1';
