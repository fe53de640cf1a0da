-- Oldest code: 22.
-- As SQLite's migration of this number; what each table is for is told there. Code that knows no processes ends the leases of
-- all others when it starts.

CREATE TABLE process (
    id         TEXT COLLATE "C" PRIMARY KEY,
    role       TEXT COLLATE "C" NOT NULL CHECK (role IN ('run', 'gateway', 'worker')),
    shards     TEXT COLLATE "C" NOT NULL DEFAULT '',
    version    TEXT COLLATE "C" NOT NULL,
    started_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL
);

CREATE TABLE leader (
    name   TEXT COLLATE "C" PRIMARY KEY,
    holder TEXT COLLATE "C" NOT NULL,
    until  BIGINT NOT NULL
);

CREATE TABLE told (
    cause TEXT COLLATE "C" PRIMARY KEY,
    at    BIGINT NOT NULL
);

CREATE TABLE pause (
    name  TEXT COLLATE "C" PRIMARY KEY,
    until BIGINT NOT NULL,
    fault TEXT COLLATE "C" NOT NULL
);

CREATE TABLE model_state (
    model   TEXT COLLATE "C" PRIMARY KEY,
    listed  BIGINT CHECK (listed IN (0, 1)),
    refused BIGINT NOT NULL DEFAULT 0 CHECK (refused IN (0, 1))
);

ALTER TABLE generation ADD COLUMN accepted_by TEXT COLLATE "C";
ALTER TABLE generation ADD COLUMN doubted_at BIGINT;

-- This server's own time in milliseconds, whatever the caller takes for it: the clock that all processes share.
CREATE FUNCTION clock_ms(their_time BIGINT) RETURNS BIGINT LANGUAGE sql VOLATILE AS
    'SELECT CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS BIGINT)';
