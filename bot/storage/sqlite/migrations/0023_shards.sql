-- Which process receives the events of which of the gateway's shards. A process without a row holds none.
CREATE TABLE shard (
    id      INTEGER PRIMARY KEY,
    total   INTEGER NOT NULL,
    process TEXT NOT NULL,
    CHECK (id >= 0 AND id < total)
) STRICT;

-- When a shard of this key (its id modulo Discord's max_concurrency) may begin the next session.
CREATE TABLE identify (
    key     INTEGER PRIMARY KEY,
    free_at INTEGER NOT NULL
) STRICT;
