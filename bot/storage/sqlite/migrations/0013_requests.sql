-- Styles of a server; `key` is the name without regard to case. They are removed, never changed.
CREATE TABLE style (
    guild_id TEXT NOT NULL,
    key      TEXT NOT NULL,
    name     TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (guild_id, key)
) STRICT, WITHOUT ROWID;

-- What a member's commands take in a server where they say nothing.
CREATE TABLE member_default (
    member_id TEXT NOT NULL,
    guild_id  TEXT NOT NULL,
    model     TEXT,
    shape     TEXT,
    seconds   INTEGER CHECK (seconds > 0),
    style     TEXT,
    PRIMARY KEY (member_id, guild_id)
) STRICT, WITHOUT ROWID;

-- The style as it was when the job was accepted, and where that came from which nobody typed.
ALTER TABLE generation ADD COLUMN style TEXT;
ALTER TABLE generation ADD COLUMN style_text TEXT CHECK ((style IS NULL) = (style_text IS NULL));
ALTER TABLE generation ADD COLUMN origins TEXT NOT NULL DEFAULT '';

-- It goes with the prompt that it belongs to.
CREATE TRIGGER style_forgotten AFTER UPDATE OF prompt ON generation
WHEN NEW.prompt = '' AND (NEW.style IS NOT NULL OR NEW.origins <> '')
BEGIN
    UPDATE generation SET style = NULL, style_text = NULL, origins = '' WHERE id = NEW.id;
END;

-- What a refused command asked for, so that a form shows it again.
ALTER TABLE draft ADD COLUMN style TEXT;
ALTER TABLE draft ADD COLUMN command INTEGER NOT NULL DEFAULT 0 CHECK (command IN (0, 1));
ALTER TABLE draft ADD COLUMN image_refused INTEGER NOT NULL DEFAULT 0 CHECK (image_refused IN (0, 1));
