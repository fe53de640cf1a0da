-- Why a result was reported, and in the reporter's own words.
ALTER TABLE report ADD COLUMN reason TEXT NOT NULL DEFAULT 'other'
    CHECK (reason IN ('illegal', 'hateful', 'sexual', 'other'));
ALTER TABLE report ADD COLUMN words TEXT NOT NULL DEFAULT '';
CREATE INDEX report_words ON report (reporter_id) WHERE words <> '';

-- All reports of one result, which moderators see on one message of the log channel. due_at: when that message may be
-- out of date; 0 is at once. posts: how many messages were posted before, for the nonce of the next one.
CREATE TABLE report_case (
    generation_id TEXT PRIMARY KEY REFERENCES generation (id),
    guild_id      TEXT NOT NULL,
    channel_id    TEXT,
    message_id    TEXT,
    posts         INTEGER NOT NULL DEFAULT 0,
    ended         TEXT CHECK (ended IN ('removed', 'deleted', 'gone', 'dismissed')),
    ended_by      TEXT NOT NULL DEFAULT '',
    revision      INTEGER NOT NULL DEFAULT 0,
    due_at        INTEGER,
    CHECK ((channel_id IS NULL) = (message_id IS NULL))
) STRICT;

CREATE INDEX report_case_due ON report_case (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_case_open ON report_case (guild_id) WHERE ended IS NULL;
INSERT INTO report_case (generation_id, guild_id)
    SELECT DISTINCT generation_id, guild_id FROM report WHERE settled_by IS NULL;

-- A video that a moderator removed, also before it was posted. due_at: when to look next whether its post can be
-- prevented or deleted; none once that is done.
CREATE TABLE removal (
    generation_id TEXT PRIMARY KEY REFERENCES generation (id),
    guild_id      TEXT NOT NULL,
    moderator_id  TEXT NOT NULL,
    how           TEXT NOT NULL CHECK (how IN ('cancelled', 'unposted', 'deleted')),
    at            INTEGER NOT NULL,
    due_at        INTEGER
) STRICT;

CREATE INDEX removal_due ON removal (due_at) WHERE due_at IS NOT NULL;

-- That a moderator was offered to set a log channel: after a command, and after a report.
CREATE TABLE log_offer (
    guild_id TEXT NOT NULL,
    about    TEXT NOT NULL CHECK (about IN ('command', 'report')),
    PRIMARY KEY (guild_id, about)
) STRICT, WITHOUT ROWID;

-- The members who used something in a window, for a list of limits.
CREATE INDEX balance_active ON balance (guild_id, per, starts_at) WHERE scope = 'member';
