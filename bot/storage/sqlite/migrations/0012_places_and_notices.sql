-- The place in the queue that a card shows, and the one that it is about to show: no other card of the server shows the same.
ALTER TABLE generation ADD COLUMN card_place INTEGER;
ALTER TABLE generation ADD COLUMN card_place_next INTEGER;
CREATE INDEX generation_place ON generation (guild_id, card_place) WHERE card_place IS NOT NULL;
CREATE INDEX generation_place_next ON generation (guild_id, card_place_next) WHERE card_place_next IS NOT NULL;

-- The message that tells an author that their job has failed after it was sent. Its nonce is made from the generation's id.
CREATE TABLE failure_notice (
    generation_id TEXT PRIMARY KEY REFERENCES generation (id),
    state         TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dropped')),
    due_at        INTEGER NOT NULL,
    gap_ms        INTEGER NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    tried_ms      INTEGER NOT NULL DEFAULT 0 CHECK (tried_ms >= 0),
    attempts      INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    lease_owner   TEXT,
    lease_until   INTEGER,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK ((state = 'sending') = (lease_owner IS NOT NULL))
) STRICT;

CREATE INDEX failure_notice_open ON failure_notice (due_at) WHERE state IN ('queued', 'sending');
