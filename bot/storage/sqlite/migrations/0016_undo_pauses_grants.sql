-- A pause of the server, and blocks that end by themselves. A time that has passed ends them; nothing has to be written.
ALTER TABLE guild_setting ADD COLUMN paused INTEGER NOT NULL DEFAULT 0 CHECK (paused IN (0, 1));
ALTER TABLE guild_setting ADD COLUMN paused_until INTEGER CHECK (paused_until IS NULL OR paused = 1);
ALTER TABLE guild_setting ADD COLUMN pause_reason TEXT NOT NULL DEFAULT '' CHECK (pause_reason = '' OR paused = 1);
ALTER TABLE guild_item ADD COLUMN until INTEGER CHECK (until IS NULL OR kind = 'blocked');
ALTER TABLE guild_item ADD COLUMN reason TEXT NOT NULL DEFAULT '' CHECK (reason = '' OR kind = 'blocked');

-- The change that a change undoes: each is undone once.
ALTER TABLE change ADD COLUMN undoes INTEGER REFERENCES change (id);
CREATE UNIQUE INDEX change_undone ON change (undoes) WHERE undoes IS NOT NULL;

-- A grant with an end, or for everyone who has a role: one row, whoever holds the role. A member's balance of it is opened with
-- its whole amount: at once for a member, at the first spending for the holder of a role. What a member has been granted
-- without an end is no lot: its grant_id is ''.
CREATE TABLE grant_lot (
    id         TEXT PRIMARY KEY CHECK (id <> ''),
    guild_id   TEXT NOT NULL,
    subject    TEXT NOT NULL CHECK (subject IN ('member', 'role')),
    subject_id TEXT NOT NULL CHECK (subject_id <> ''),
    unit       TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    amount     INTEGER NOT NULL CHECK (amount > 0),
    made_at    INTEGER NOT NULL,
    ends_at    INTEGER CHECK (ends_at > made_at),
    closed_at  INTEGER,
    change_id  INTEGER NOT NULL UNIQUE REFERENCES change (id)
) STRICT;

CREATE INDEX grant_lot_role ON grant_lot (guild_id, subject_id, ends_at) WHERE subject = 'role' AND closed_at IS NULL;
CREATE TRIGGER grant_lot_kept BEFORE DELETE ON grant_lot
BEGIN SELECT RAISE(ABORT, 'grants are never deleted'); END;
CREATE TRIGGER grant_lot_fixed BEFORE UPDATE ON grant_lot
WHEN OLD.closed_at IS NOT NULL OR (NEW.id, NEW.guild_id, NEW.subject, NEW.subject_id, NEW.unit, NEW.amount, NEW.made_at,
    NEW.change_id) <> (OLD.id, OLD.guild_id, OLD.subject, OLD.subject_id, OLD.unit, OLD.amount, OLD.made_at, OLD.change_id)
    OR NEW.ends_at IS NOT OLD.ends_at
BEGIN SELECT RAISE(ABORT, 'a grant is only ever closed'); END;

CREATE TABLE grant_balance_by_lot (
    guild_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    unit      TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    grant_id  TEXT NOT NULL DEFAULT '',
    amount    INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (guild_id, member_id, unit, grant_id)
) STRICT, WITHOUT ROWID;
INSERT INTO grant_balance_by_lot (guild_id, member_id, unit, amount) SELECT guild_id, member_id, unit, amount FROM grant_balance;
DROP TABLE grant_balance;
ALTER TABLE grant_balance_by_lot RENAME TO grant_balance;

-- grant and take: a moderator's; open: a lot's amount, once for each member; cover: spent on a reservation; return: given back
-- when that is voided. change_id: the change that moved it.
CREATE TABLE grant_entry_by_lot (
    id             INTEGER PRIMARY KEY,
    guild_id       TEXT NOT NULL,
    member_id      TEXT NOT NULL,
    unit           TEXT NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    grant_id       TEXT NOT NULL DEFAULT '',
    kind           TEXT NOT NULL CHECK (kind IN ('grant', 'take', 'open', 'cover', 'return')),
    amount         INTEGER NOT NULL,
    reservation_id TEXT REFERENCES reservation (id),
    change_id      INTEGER REFERENCES change (id),
    at             INTEGER NOT NULL,
    CHECK (CASE WHEN kind IN ('grant', 'open', 'return') THEN amount > 0 ELSE amount < 0 END),
    CHECK ((kind IN ('cover', 'return')) = (reservation_id IS NOT NULL)),
    CHECK (kind <> 'open' OR grant_id <> ''),
    CHECK (change_id IS NULL OR kind IN ('grant', 'take', 'open'))
) STRICT;
INSERT INTO grant_entry_by_lot (id, guild_id, member_id, unit, kind, amount, reservation_id, at)
    SELECT id, guild_id, member_id, unit, kind, amount, reservation_id, at FROM grant_entry;
DROP TABLE grant_entry;
ALTER TABLE grant_entry_by_lot RENAME TO grant_entry;

CREATE UNIQUE INDEX grant_entry_once ON grant_entry (reservation_id, unit, grant_id, kind) WHERE reservation_id IS NOT NULL;
CREATE UNIQUE INDEX grant_entry_opened ON grant_entry (grant_id, member_id) WHERE kind = 'open';
CREATE INDEX grant_entry_change ON grant_entry (change_id) WHERE change_id IS NOT NULL;
CREATE TRIGGER grant_entry_kept BEFORE DELETE ON grant_entry
BEGIN SELECT RAISE(ABORT, 'grant entries are never deleted'); END;
CREATE TRIGGER grant_entry_fixed BEFORE UPDATE ON grant_entry
BEGIN SELECT RAISE(ABORT, 'grant entries are never changed'); END;
