-- What models besides Sora can do: a last picture, sound on or off, what to avoid, a seed; a shape that follows the picture;
-- a price that is an estimate.
ALTER TABLE generation ADD COLUMN end_image_file TEXT;
ALTER TABLE generation ADD COLUMN end_image_type TEXT CHECK ((end_image_file IS NULL) = (end_image_type IS NULL));
ALTER TABLE generation ADD COLUMN end_image_url TEXT;
ALTER TABLE generation ADD COLUMN end_image_url_until INTEGER;
ALTER TABLE generation ADD COLUMN end_image_kept INTEGER NOT NULL DEFAULT 0 CHECK (end_image_kept IN (0, 1));
ALTER TABLE generation ADD COLUMN end_image_spoiler INTEGER NOT NULL DEFAULT 0 CHECK (end_image_spoiler IN (0, 1));
ALTER TABLE generation ADD COLUMN shape_from_image INTEGER NOT NULL DEFAULT 0 CHECK (shape_from_image IN (0, 1));
ALTER TABLE generation ADD COLUMN sound INTEGER CHECK (sound IN (0, 1));
ALTER TABLE generation ADD COLUMN avoid TEXT;
ALTER TABLE generation ADD COLUMN seed INTEGER;
ALTER TABLE generation ADD COLUMN estimate INTEGER NOT NULL DEFAULT 0 CHECK (estimate IN (0, 1));

-- Whoever is forgotten takes the last picture and what to avoid along.
DROP TRIGGER generation_forgotten;
CREATE TRIGGER generation_forgotten AFTER UPDATE OF forget, finished_at ON generation
WHEN NEW.forget = 1 AND (
    NEW.state IN ('failed', 'cancelled')
    OR EXISTS (SELECT 1 FROM delivery WHERE generation_id = NEW.id AND state IN ('sent', 'undeliverable'))
)
BEGIN
    INSERT OR IGNORE INTO discard (file) SELECT NEW.image_file WHERE NEW.image_file IS NOT NULL;
    INSERT OR IGNORE INTO discard (file) SELECT NEW.end_image_file WHERE NEW.end_image_file IS NOT NULL;
    UPDATE generation SET prompt = '', image_file = NULL, image_type = NULL, image_url = NULL, image_url_until = NULL,
        end_image_file = NULL, end_image_type = NULL, end_image_url = NULL, end_image_url_until = NULL, avoid = NULL,
        detail = NULL WHERE id = NEW.id;
END;

-- The same for a form, and what the button above it said it would cost.
ALTER TABLE draft ADD COLUMN sound INTEGER CHECK (sound IN (0, 1));
ALTER TABLE draft ADD COLUMN avoid TEXT;
ALTER TABLE draft ADD COLUMN seed INTEGER;
ALTER TABLE draft ADD COLUMN end_picture TEXT;
ALTER TABLE draft ADD COLUMN end_covered INTEGER NOT NULL DEFAULT 0 CHECK (end_covered IN (0, 1));
ALTER TABLE draft ADD COLUMN price_micros INTEGER CHECK (price_micros >= 0);

-- Whether a price that is an estimate was reserved in this window.
ALTER TABLE balance ADD COLUMN estimated INTEGER NOT NULL DEFAULT 0 CHECK (estimated IN (0, 1));

-- One more format and three more shapes. Widening a CHECK changes nothing that is stored, so the table is not copied
-- (sqlite.org/lang_altertable.html, section 7); the columns above made every other connection read the schema again.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(replace(sql,
    'CHECK (format IN (''task'', ''videos'', ''openai''))',
    'CHECK (format IN (''task'', ''videos'', ''openai'', ''media''))'),
    'CHECK (orientation IN (''landscape'', ''portrait''))',
    'CHECK (orientation IN (''landscape'', ''portrait'', ''square'', ''4:3'', ''3:4''))')
    WHERE type = 'table' AND name = 'generation';
PRAGMA writable_schema = RESET;
