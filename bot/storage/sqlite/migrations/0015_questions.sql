-- A question before a dear video, or before the last that a limit allows. It is answered once: accepting a job takes it in the
-- same transaction. What was asked is erased with the answer; the row stays a while, so that a request that arrives twice is
-- asked once.
CREATE TABLE question (
    id            TEXT PRIMARY KEY,
    ask_id        TEXT NOT NULL UNIQUE,
    guild_id      TEXT NOT NULL,
    channel_id    TEXT NOT NULL,
    member_id     TEXT NOT NULL,
    generation_id TEXT NOT NULL REFERENCES generation (id),
    edits         TEXT NOT NULL,
    picture       TEXT,
    end_picture   TEXT,
    new_take      INTEGER NOT NULL CHECK (new_take IN (0, 1)),
    price_micros  INTEGER NOT NULL CHECK (price_micros >= 0),
    locale        TEXT NOT NULL,
    asked_at      INTEGER NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('open', 'made', 'cancelled', 'over')),
    message_id    TEXT,
    closed        INTEGER NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
) STRICT;

CREATE INDEX question_open ON question (asked_at) WHERE state = 'open';
CREATE INDEX question_unclosed ON question (asked_at) WHERE closed = 0;
CREATE INDEX question_asked ON question (asked_at);
CREATE INDEX question_member ON question (member_id);

-- What a page of /history is about, where it is not about everything: its buttons name the row.
CREATE TABLE history_query (
    id        TEXT PRIMARY KEY,
    guild_id  TEXT NOT NULL,
    member_id TEXT NOT NULL,
    find      TEXT NOT NULL,
    families  TEXT NOT NULL,
    failed    INTEGER NOT NULL CHECK (failed IN (0, 1)),
    pictured  INTEGER NOT NULL CHECK (pictured IN (0, 1)),
    made_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX history_query_made ON history_query (made_at);
CREATE INDEX history_query_member ON history_query (member_id);

-- The models among which a member may choose on their pages, read from the index alone. No other query has its condition.
CREATE INDEX generation_family ON generation (member_id, guild_id, family) WHERE prompt <> '' AND family <> '';
