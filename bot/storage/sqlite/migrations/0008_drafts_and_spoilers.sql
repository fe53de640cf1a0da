-- A reference image that was marked as a spoiler stays covered wherever it is shown.
ALTER TABLE generation ADD COLUMN image_spoiler INTEGER NOT NULL DEFAULT 0 CHECK (image_spoiler IN (0, 1));
-- Those of a form's pictures that are, by their addresses.
ALTER TABLE draft ADD COLUMN covered TEXT NOT NULL DEFAULT '[]';

-- What a moderator is asked to confirm. It is taken by whoever deletes the row; it names a member, so it is not kept long.
-- Until now it lay in `value`, and for ever.
CREATE TABLE confirmation (
    id         TEXT PRIMARY KEY,
    guild_id   TEXT NOT NULL,
    actor_id   TEXT NOT NULL,
    subject_id TEXT NOT NULL,
    reason     TEXT NOT NULL,
    role_ids   TEXT NOT NULL,
    made_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX confirmation_made ON confirmation (made_at);

DELETE FROM value WHERE name GLOB 'quota-draft:*';
