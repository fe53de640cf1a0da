-- The processes that share this database. One that is not seen for a while is declared dead: its row is deleted, and in the
-- same transaction all that it had claimed is given back. A lease begins with the id of its process and a full stop.
CREATE TABLE process (
    id         TEXT PRIMARY KEY,
    role       TEXT NOT NULL CHECK (role IN ('run', 'gateway', 'worker')),
    shards     TEXT NOT NULL DEFAULT '',
    version    TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;

-- Who does what only one process is to do, until when.
CREATE TABLE leader (
    name   TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    until  INTEGER NOT NULL
) STRICT;

-- What the operator has been told within the hour.
CREATE TABLE told (
    cause TEXT PRIMARY KEY,
    at    INTEGER NOT NULL
) STRICT;

-- What no process is to do for a while, and why.
CREATE TABLE pause (
    name  TEXT PRIMARY KEY,
    until INTEGER NOT NULL,
    fault TEXT NOT NULL
) STRICT;

-- Whether the key's own list has a model (NULL: not known), and whether the API has refused it since.
CREATE TABLE model_state (
    model   TEXT PRIMARY KEY,
    listed  INTEGER CHECK (listed IN (0, 1)),
    refused INTEGER NOT NULL DEFAULT 0 CHECK (refused IN (0, 1))
) STRICT;

-- The process that answers the interaction: while it lives, nobody else looks for the card or sends the job.
ALTER TABLE generation ADD COLUMN accepted_by TEXT;
-- Since when a submit is in doubt; NULL where that is not known.
ALTER TABLE generation ADD COLUMN doubted_at INTEGER;
