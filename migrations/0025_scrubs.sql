-- When admins last had a seed read its whole store.
ALTER TABLE seeds ADD COLUMN scrub_asked BIGINT;
