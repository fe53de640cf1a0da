-- Rules, grants, resets, what servers settle for themselves, the audit log, reports, and forgetting.

-- A member's request to be forgotten: what can tell them or their wish goes once nothing needs it any more.
ALTER TABLE generation ADD COLUMN forget INTEGER NOT NULL DEFAULT 0 CHECK (forget IN (0, 1));
CREATE INDEX generation_guild ON generation (guild_id, accepted_at);
CREATE INDEX generation_member ON generation (member_id, accepted_at);

ALTER TABLE delivery ADD COLUMN removed_at INTEGER CHECK (removed_at IS NULL OR state = 'sent');

-- The part that grants pay for: it counts in the pools and the budget, not in the member's own windows.
ALTER TABLE reservation ADD COLUMN covered_videos INTEGER NOT NULL DEFAULT 0 CHECK (covered_videos BETWEEN 0 AND videos);
ALTER TABLE reservation ADD COLUMN covered_seconds INTEGER NOT NULL DEFAULT 0 CHECK (covered_seconds BETWEEN 0 AND seconds);
ALTER TABLE reservation ADD COLUMN covered_micros INTEGER NOT NULL DEFAULT 0 CHECK (covered_micros BETWEEN 0 AND micros);

-- By time before window: the four windows of now lie side by side, however long the past, so that a reservation touches
-- as few pages with a million rows as with ten.
CREATE TABLE balance_by_time (
    scope        TEXT NOT NULL CHECK (scope IN ('member', 'guild', 'operator')),
    guild_id     TEXT NOT NULL,
    member_id    TEXT NOT NULL,
    per          TEXT NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at    INTEGER NOT NULL,
    used_videos  INTEGER NOT NULL DEFAULT 0 CHECK (used_videos >= 0),
    used_seconds INTEGER NOT NULL DEFAULT 0 CHECK (used_seconds >= 0),
    used_micros  INTEGER NOT NULL DEFAULT 0 CHECK (used_micros >= 0),
    held_videos  INTEGER NOT NULL DEFAULT 0 CHECK (held_videos >= 0),
    held_seconds INTEGER NOT NULL DEFAULT 0 CHECK (held_seconds >= 0),
    held_micros  INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    PRIMARY KEY (scope, guild_id, member_id, starts_at, per)
) STRICT, WITHOUT ROWID;
INSERT INTO balance_by_time SELECT * FROM balance;
DROP TABLE balance;
ALTER TABLE balance_by_time RENAME TO balance;

CREATE TABLE rule (
    id         TEXT PRIMARY KEY,
    guild_id   TEXT NOT NULL,
    subject    TEXT NOT NULL CHECK (subject IN ('member', 'role', 'everyone', 'server')),
    subject_id TEXT NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount >= -1),
    unit       TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    per        TEXT NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    UNIQUE (guild_id, subject, subject_id, unit, per),
    CHECK ((subject IN ('member', 'role')) = (subject_id <> ''))
) STRICT;

-- Unspent grants: what a check reads. `db verify` proves them against the entries.
CREATE TABLE grant_balance (
    guild_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    unit      TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    amount    INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (guild_id, member_id, unit)
) STRICT, WITHOUT ROWID;

-- grant and take: a moderator's; cover: spent on a reservation; return: given back when that is voided.
CREATE TABLE grant_entry (
    id             INTEGER PRIMARY KEY,
    guild_id       TEXT NOT NULL,
    member_id      TEXT NOT NULL,
    unit           TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    kind           TEXT NOT NULL CHECK (kind IN ('grant', 'take', 'cover', 'return')),
    amount         INTEGER NOT NULL,
    reservation_id TEXT REFERENCES reservation (id),
    at             INTEGER NOT NULL,
    CHECK (CASE WHEN kind IN ('grant', 'return') THEN amount > 0 ELSE amount < 0 END),
    CHECK ((kind IN ('cover', 'return')) = (reservation_id IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX grant_entry_once ON grant_entry (reservation_id, unit, kind) WHERE reservation_id IS NOT NULL;
CREATE TRIGGER grant_entry_kept BEFORE DELETE ON grant_entry
BEGIN SELECT RAISE(ABORT, 'grant entries are never deleted'); END;
CREATE TRIGGER grant_entry_fixed BEFORE UPDATE ON grant_entry
BEGIN SELECT RAISE(ABORT, 'grant entries are never changed'); END;

-- What a reset took from `used` of one of the member's windows.
CREATE TABLE reset_entry (
    id        INTEGER PRIMARY KEY,
    guild_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    per       TEXT NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at INTEGER NOT NULL,
    videos    INTEGER NOT NULL CHECK (videos >= 0),
    seconds   INTEGER NOT NULL CHECK (seconds >= 0),
    micros    INTEGER NOT NULL CHECK (micros >= 0),
    at        INTEGER NOT NULL
) STRICT;

CREATE TRIGGER reset_entry_kept BEFORE DELETE ON reset_entry
BEGIN SELECT RAISE(ABORT, 'reset entries are never deleted'); END;
CREATE TRIGGER reset_entry_fixed BEFORE UPDATE ON reset_entry
BEGIN SELECT RAISE(ABORT, 'reset entries are never changed'); END;

CREATE TABLE guild_setting (
    guild_id       TEXT PRIMARY KEY,
    most_running   INTEGER CHECK (most_running >= 0),
    most_waiting   INTEGER CHECK (most_waiting >= 0),
    longest        INTEGER CHECK (longest >= 0),
    dearest        INTEGER CHECK (dearest >= 0),
    log_channel_id TEXT,
    threads        TEXT NOT NULL CHECK (threads IN ('never', 'on request', 'always')),
    spoiler        INTEGER NOT NULL CHECK (spoiler IN (0, 1))
) STRICT;

CREATE TABLE guild_item (
    guild_id TEXT NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('channel', 'family', 'blocked', 'term')),
    item     TEXT NOT NULL,
    PRIMARY KEY (guild_id, kind, item)
) STRICT, WITHOUT ROWID;

-- Every change is kept: which window a time falls into depends on all that came before it.
CREATE TABLE zone_change (
    id       INTEGER PRIMARY KEY,
    guild_id TEXT NOT NULL,
    at       INTEGER NOT NULL,
    zone     TEXT NOT NULL
) STRICT;

CREATE INDEX zone_change_guild ON zone_change (guild_id, at);
CREATE TRIGGER zone_change_kept BEFORE DELETE ON zone_change
BEGIN SELECT RAISE(ABORT, 'changes of zone are never deleted'); END;
CREATE TRIGGER zone_change_fixed BEFORE UPDATE ON zone_change
BEGIN SELECT RAISE(ABORT, 'changes of zone are never changed'); END;

-- The audit log.
CREATE TABLE change (
    id         INTEGER PRIMARY KEY,
    guild_id   TEXT NOT NULL,
    at         INTEGER NOT NULL,
    actor_id   TEXT NOT NULL,
    did        TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    before     TEXT NOT NULL,
    after      TEXT NOT NULL,
    reason     TEXT NOT NULL
) STRICT;

CREATE INDEX change_guild ON change (guild_id, id);
CREATE TRIGGER change_kept BEFORE DELETE ON change
BEGIN SELECT RAISE(ABORT, 'the audit log is never shortened'); END;
CREATE TRIGGER change_fixed BEFORE UPDATE ON change
BEGIN SELECT RAISE(ABORT, 'the audit log is never changed'); END;

CREATE TABLE report (
    generation_id TEXT NOT NULL REFERENCES generation (id),
    reporter_id   TEXT NOT NULL,
    guild_id      TEXT NOT NULL,
    at            INTEGER NOT NULL,
    settled_by    TEXT,
    PRIMARY KEY (generation_id, reporter_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX report_open ON report (guild_id, at) WHERE settled_by IS NULL;

-- Media files that nothing refers to any more and that may still lie in the folder: a crash leaves them here.
CREATE TABLE discard (
    file TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;

-- A job that runs is forgotten when it ends, one with a video once its post is sent or given up.
CREATE TRIGGER generation_forgotten AFTER UPDATE OF forget, finished_at ON generation
WHEN NEW.forget = 1 AND (
    NEW.state IN ('failed', 'cancelled')
    OR EXISTS (SELECT 1 FROM delivery WHERE generation_id = NEW.id AND state IN ('sent', 'undeliverable'))
)
BEGIN
    INSERT OR IGNORE INTO discard (file) SELECT NEW.image_file WHERE NEW.image_file IS NOT NULL;
    UPDATE generation SET prompt = '', image_file = NULL, image_type = NULL, image_url = NULL, image_url_until = NULL,
        detail = NULL WHERE id = NEW.id;
END;

CREATE TRIGGER delivery_forgotten AFTER UPDATE OF state ON delivery
WHEN NEW.state IN ('sent', 'undeliverable')
BEGIN
    UPDATE generation SET forget = 1 WHERE id = NEW.generation_id AND forget = 1;
END;
