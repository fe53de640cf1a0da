-- A video that could not be posted can never be, once its member has been forgotten: it is discarded with the rest.
CREATE TRIGGER video_forgotten AFTER UPDATE OF prompt ON generation
WHEN NEW.forget = 1 AND NEW.prompt = '' AND NEW.video_file IS NOT NULL
    AND EXISTS (SELECT 1 FROM delivery WHERE generation_id = NEW.id AND state = 'undeliverable')
BEGIN
    INSERT OR IGNORE INTO discard (file) VALUES (NEW.video_file);
END;

INSERT OR IGNORE INTO discard (file)
SELECT video_file FROM generation JOIN delivery ON generation_id = generation.id
WHERE forget = 1 AND prompt = '' AND video_file IS NOT NULL AND delivery.state = 'undeliverable';
