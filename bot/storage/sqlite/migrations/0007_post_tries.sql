-- Where a post may be that nobody has seen: stored before the post, deleted once it is settled. after_id: an id of Discord's
-- that every such post is newer than; first_at, last_at: of the tries, by Discord's clock, where that was known; waived: its
-- author was told that there may be one, and wanted another.
CREATE TABLE post_try (
    generation_id TEXT NOT NULL REFERENCES generation (id),
    delivery_id   TEXT NOT NULL,
    channel_id    TEXT NOT NULL,
    after_id      TEXT NOT NULL,
    first_at      INTEGER,
    last_at       INTEGER,
    waived        INTEGER NOT NULL DEFAULT 0 CHECK (waived IN (0, 1)),
    PRIMARY KEY (generation_id, delivery_id, channel_id)
) STRICT, WITHOUT ROWID;

-- The interaction that asked for it in another place than the first.
ALTER TABLE delivery ADD COLUMN asked_id TEXT;

-- What was tried before this was kept may be in any place that it could have gone to.
INSERT INTO post_try (generation_id, delivery_id, channel_id, after_id)
SELECT generation.id, delivery.id, place.value, interaction_id
FROM delivery JOIN generation ON generation.id = generation_id,
    json_each(json_array(delivery.channel_id, generation.channel_id, parent_channel_id)) AS place
WHERE delivery.state <> 'sent' AND delivery.attempts > 0 AND place.value IS NOT NULL
ON CONFLICT DO NOTHING;
