-- Packages of the client that the server passes on: the newest of each platform and kind, as the release key has signed it.
CREATE TABLE client_packages (
    platform  TEXT NOT NULL,
    kind      TEXT NOT NULL,
    version   TEXT NOT NULL,
    size      BIGINT NOT NULL,
    hash      TEXT NOT NULL,
    added     BIGINT NOT NULL,
    statement TEXT NOT NULL,              -- in base64
    PRIMARY KEY (platform, kind)
);

-- Their bytes, a MiB each but for the last of each package. They come before the package is offered, and go with it.
CREATE TABLE client_parts (
    hash   TEXT NOT NULL,                 -- of the whole package
    number BIGINT NOT NULL,
    bytes  BYTEA NOT NULL,
    PRIMARY KEY (hash, number)
);
