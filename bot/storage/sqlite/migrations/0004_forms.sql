-- A form makes one video at most, however often it is submitted: the draft that its custom_id names is taken once.
ALTER TABLE generation ADD COLUMN draft_id TEXT;
CREATE UNIQUE INDEX generation_draft ON generation (draft_id) WHERE draft_id IS NOT NULL;

-- What was chosen in a form that was refused comes back with it.
ALTER TABLE draft ADD COLUMN model TEXT;
ALTER TABLE draft ADD COLUMN picture INTEGER NOT NULL DEFAULT 0;
ALTER TABLE draft ADD COLUMN no_image INTEGER NOT NULL DEFAULT 0 CHECK (no_image IN (0, 1));
ALTER TABLE draft ADD COLUMN image_lost INTEGER NOT NULL DEFAULT 0 CHECK (image_lost IN (0, 1));
