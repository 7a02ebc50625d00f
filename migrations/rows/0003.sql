UPDATE builds SET kept = 'reverse' WHERE id = 'b1';
UPDATE jobs SET priority = 3 WHERE id = 'j1';
