-- Oldest code: 22.
-- As SQLite's migration of this number; what each table is for is told there.

CREATE TABLE shard (
    id      BIGINT PRIMARY KEY,
    total   BIGINT NOT NULL,
    process TEXT COLLATE "C" NOT NULL,
    CHECK (id >= 0 AND id < total)
);

CREATE TABLE identify (
    key     BIGINT PRIMARY KEY,
    free_at BIGINT NOT NULL
);
