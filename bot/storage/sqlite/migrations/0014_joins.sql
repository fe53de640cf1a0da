-- What a video goes on from: its reference picture is the last frame of that version. Later takes with the same picture
-- keep it. joined: the numbers of the versions that this video consists of; NULL for one that a model made.
ALTER TABLE generation ADD COLUMN continues_id TEXT REFERENCES generation (id);
ALTER TABLE generation ADD COLUMN joined TEXT CHECK (joined IS NULL OR state = 'succeeded');
ALTER TABLE draft ADD COLUMN continues INTEGER NOT NULL DEFAULT 0 CHECK (continues IN (0, 1));

-- A joined video was never sent to UniAll. Widening a CHECK changes nothing that is stored (as in 0011).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (state NOT IN (''submitted'', ''succeeded'') OR (job_id',
    'CHECK (state NOT IN (''submitted'', ''succeeded'') OR joined IS NOT NULL OR (job_id')
    WHERE type = 'table' AND name = 'generation';
PRAGMA writable_schema = RESET;

-- A chain of versions that somebody wants as one video. The id becomes that of a generation once the file is there.
-- chain: the ids of the parts in order, which tell one chain from another.
CREATE TABLE joining (
    id                TEXT PRIMARY KEY,
    guild_id          TEXT NOT NULL,
    channel_id        TEXT NOT NULL,
    parent_channel_id TEXT,
    member_id         TEXT NOT NULL,
    interaction_id    TEXT NOT NULL,
    locale            TEXT NOT NULL,
    chain             TEXT NOT NULL,
    state             TEXT NOT NULL CHECK (state IN ('queued', 'made', 'failed', 'told', 'removing', 'removed')),
    fault             TEXT,
    fault_version     INTEGER,
    asked_at          INTEGER NOT NULL,
    due_at            INTEGER NOT NULL,
    gap_ms            INTEGER NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    attempts          INTEGER NOT NULL DEFAULT 0,
    lease_owner       TEXT,
    lease_until       INTEGER,
    CHECK ((state IN ('failed', 'told')) = (fault IS NOT NULL)),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
) STRICT;

CREATE UNIQUE INDEX joining_chain ON joining (chain) WHERE state IN ('queued', 'made', 'removing');
CREATE UNIQUE INDEX joining_server ON joining (guild_id) WHERE state = 'queued';
CREATE INDEX joining_open ON joining (due_at) WHERE state IN ('queued', 'failed', 'removing');

CREATE TABLE joined_part (
    join_id  TEXT NOT NULL REFERENCES joining (id),
    position INTEGER NOT NULL,
    part_id  TEXT NOT NULL REFERENCES generation (id),
    PRIMARY KEY (join_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX joined_part_of ON joined_part (part_id);

-- A joined video goes with any of its parts, also while it is being made or posted.
CREATE TRIGGER part_removed AFTER UPDATE OF removed_at ON delivery
WHEN NEW.removed_at IS NOT NULL AND OLD.removed_at IS NULL
BEGIN
    INSERT OR IGNORE INTO discard (file) SELECT video_file FROM generation WHERE id = NEW.generation_id AND joined IS NOT NULL;
    UPDATE joining SET state = 'removed', lease_owner = NULL, lease_until = NULL
        WHERE id = NEW.generation_id AND state IN ('made', 'removing');
    UPDATE joining SET state = 'failed', fault = 'part_gone', due_at = asked_at, gap_ms = 0, attempts = 0,
        fault_version = (SELECT version FROM generation WHERE id = NEW.generation_id), lease_owner = NULL, lease_until = NULL
        WHERE state = 'queued' AND id IN (SELECT join_id FROM joined_part WHERE part_id = NEW.generation_id);
    UPDATE joining SET state = 'removing', due_at = asked_at, gap_ms = 0, attempts = 0
        WHERE state = 'made' AND id IN (SELECT join_id FROM joined_part WHERE part_id = NEW.generation_id);
END;

CREATE TRIGGER part_forgotten AFTER UPDATE OF forget ON generation
WHEN NEW.forget = 1 AND OLD.forget = 0
BEGIN
    UPDATE joining SET state = 'failed', fault = 'part_gone', due_at = asked_at, gap_ms = 0, attempts = 0,
        fault_version = NEW.version, lease_owner = NULL, lease_until = NULL
        WHERE state = 'queued' AND id IN (SELECT join_id FROM joined_part WHERE part_id = NEW.id);
    UPDATE joining SET state = 'removing', due_at = asked_at, gap_ms = 0, attempts = 0
        WHERE state = 'made' AND id IN (SELECT join_id FROM joined_part WHERE part_id = NEW.id);
END;
