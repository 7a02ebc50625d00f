-- How large the direct patch from the build before was to be, as the push foretold; told apart from what it became (patches.blob_size).
ALTER TABLE builds ADD COLUMN forecast_from TEXT;
ALTER TABLE builds ADD COLUMN forecast BIGINT;
ALTER TABLE builds ADD COLUMN forecast_raw BIGINT;
ALTER TABLE builds ADD COLUMN forecast_by TEXT;
