-- What came over the network for the content that was received; none where a client did not say.
ALTER TABLE transfers ADD COLUMN wire_lan     BIGINT;
ALTER TABLE transfers ADD COLUMN wire_tailnet BIGINT;
ALTER TABLE transfers ADD COLUMN wire_internet BIGINT;
ALTER TABLE transfers ADD COLUMN wire_seed    BIGINT;
ALTER TABLE transfers ADD COLUMN wire_https   BIGINT;
