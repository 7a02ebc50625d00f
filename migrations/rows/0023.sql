INSERT INTO publisher_lists (serial, statement) VALUES (3, 'list-3');
