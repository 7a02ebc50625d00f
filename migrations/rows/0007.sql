UPDATE transfers SET wire_lan = 6 WHERE id = 't1';
