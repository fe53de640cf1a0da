-- Versions: each generation belongs to a family, begun by its root, and is numbered in it.

ALTER TABLE generation ADD COLUMN parent_id TEXT REFERENCES generation (id);
ALTER TABLE generation ADD COLUMN root_id TEXT NOT NULL DEFAULT '';
ALTER TABLE generation ADD COLUMN version INTEGER NOT NULL DEFAULT 1 CHECK (version > 0);
UPDATE generation SET root_id = id;

-- The channel of the thread it was asked in, where its video goes once that thread is locked or gone.
ALTER TABLE generation ADD COLUMN parent_channel_id TEXT;

-- The reference image is the parent's own.
ALTER TABLE generation ADD COLUMN image_kept INTEGER NOT NULL DEFAULT 0 CHECK (image_kept IN (0, 1));

-- The language of its card and its result: that of whoever asked.
ALTER TABLE generation ADD COLUMN locale TEXT NOT NULL DEFAULT 'en-US';

CREATE UNIQUE INDEX generation_version ON generation (root_id, version);
-- Of what has not been forgotten, in the order of /history, so that counting and turning pages read the index alone.
CREATE INDEX generation_history ON generation (member_id, guild_id, accepted_at, id) WHERE prompt <> '';
CREATE INDEX generation_unanswered ON generation (accepted_at) WHERE card_answered = 0;
CREATE INDEX generation_card_message ON generation (card_message_id) WHERE card_message_id IS NOT NULL;
CREATE INDEX delivery_message ON delivery (message_id) WHERE message_id IS NOT NULL;

-- What a form that is open somewhere is about: its custom_id names the draft, so that it survives a restart.
CREATE TABLE draft (
    id            TEXT PRIMARY KEY,
    guild_id      TEXT NOT NULL,
    member_id     TEXT NOT NULL,
    generation_id TEXT REFERENCES generation (id),
    pictures      TEXT NOT NULL,
    image_gone    INTEGER NOT NULL CHECK (image_gone IN (0, 1)),
    prompt        TEXT,
    orientation   TEXT,
    seconds       INTEGER,
    made_at       INTEGER NOT NULL
) STRICT;

CREATE INDEX draft_made ON draft (made_at);
CREATE INDEX draft_member ON draft (member_id);
