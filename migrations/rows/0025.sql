UPDATE seeds SET scrub_asked = 5000 WHERE id = 's1';
