-- Generations, the ledger, balances, deliveries. Times are milliseconds since the epoch, money is micro-dollars.

CREATE TABLE generation (
    id              TEXT PRIMARY KEY,
    interaction_id  TEXT NOT NULL UNIQUE,
    guild_id        TEXT NOT NULL,
    channel_id      TEXT NOT NULL,
    member_id       TEXT NOT NULL,
    prompt          TEXT NOT NULL,
    family          TEXT NOT NULL,
    model           TEXT NOT NULL,
    format          TEXT NOT NULL CHECK (format IN ('task', 'videos', 'openai')),
    orientation     TEXT NOT NULL CHECK (orientation IN ('landscape', 'portrait')),
    seconds         INTEGER NOT NULL CHECK (seconds > 0),
    price_micros    INTEGER NOT NULL CHECK (price_micros >= 0),
    image_file      TEXT,
    image_type      TEXT,
    image_url       TEXT,
    image_url_until INTEGER,
    state           TEXT NOT NULL CHECK (state IN ('reserved', 'submitting', 'unknown', 'submitted', 'succeeded', 'failed', 'cancelled')),
    accepted_at     INTEGER NOT NULL,
    due_at          INTEGER NOT NULL,
    submitting_at   INTEGER,
    submitted_at    INTEGER,
    rendered_at     INTEGER,
    finished_at     INTEGER,
    missing_since   INTEGER,
    attempts        INTEGER NOT NULL DEFAULT 0,
    job_id          TEXT,
    progress        INTEGER CHECK (progress BETWEEN 0 AND 100),
    video_url       TEXT,
    video_file      TEXT,
    video_size      INTEGER,
    video_type      TEXT,
    video_sha256    TEXT,
    fault           TEXT,
    detail          TEXT,
    hold            TEXT,
    card_answered   INTEGER NOT NULL DEFAULT 0 CHECK (card_answered IN (0, 1)),
    card_message_id TEXT,
    card_shown      TEXT NOT NULL DEFAULT '',
    card_due_at     INTEGER,
    card_edited_at  INTEGER NOT NULL DEFAULT 0,
    revision        INTEGER NOT NULL DEFAULT 0,
    lease_owner     TEXT,
    lease_until     INTEGER,
    CHECK ((image_file IS NULL) = (image_type IS NULL)),
    CHECK (state NOT IN ('submitted', 'succeeded') OR (job_id IS NOT NULL AND submitted_at IS NOT NULL)),
    CHECK (state NOT IN ('submitting', 'unknown') OR submitting_at IS NOT NULL),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'succeeded') = (video_file IS NOT NULL)),
    CHECK ((state = 'failed') = (fault IS NOT NULL)),
    CHECK (rendered_at IS NULL OR submitted_at IS NOT NULL),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK (finished_at IS NULL OR lease_owner IS NULL)
) STRICT;

CREATE UNIQUE INDEX generation_job ON generation (job_id, format) WHERE job_id IS NOT NULL;
CREATE INDEX generation_open ON generation (state, due_at) WHERE finished_at IS NULL;
CREATE INDEX generation_open_member ON generation (member_id, guild_id) WHERE finished_at IS NULL;
CREATE INDEX generation_served ON generation (member_id, submitting_at) WHERE submitting_at IS NOT NULL;
CREATE INDEX generation_card ON generation (card_due_at) WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL;
CREATE INDEX generation_rendered ON generation (model, seconds, rendered_at) WHERE rendered_at IS NOT NULL;

-- What a generation holds. The windows are those of its acceptance, in the server's zone; the operator's are UTC.
CREATE TABLE reservation (
    id             TEXT PRIMARY KEY REFERENCES generation (id),
    guild_id       TEXT NOT NULL,
    member_id      TEXT NOT NULL,
    state          TEXT NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    videos         INTEGER NOT NULL CHECK (videos >= 0),
    seconds        INTEGER NOT NULL CHECK (seconds >= 0),
    micros         INTEGER NOT NULL CHECK (micros >= 0),
    reserved_at    INTEGER NOT NULL,
    resolved_at    INTEGER,
    CHECK ((state = 'pending') = (resolved_at IS NULL))
) STRICT;

-- The windows a reservation counts in: the rows of `balance` it moves when it is resolved.
CREATE TABLE reservation_window (
    reservation_id TEXT NOT NULL REFERENCES reservation (id),
    scope          TEXT NOT NULL CHECK (scope IN ('member', 'guild', 'operator')),
    guild_id       TEXT NOT NULL,
    member_id      TEXT NOT NULL,
    per            TEXT NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at      INTEGER NOT NULL,
    PRIMARY KEY (reservation_id, scope, per)
) STRICT, WITHOUT ROWID;

CREATE TABLE entry (
    id             INTEGER PRIMARY KEY,
    reservation_id TEXT NOT NULL REFERENCES reservation (id),
    kind           TEXT NOT NULL CHECK (kind IN ('reserve', 'post', 'void', 'billed')),
    videos         INTEGER NOT NULL,
    seconds        INTEGER NOT NULL,
    micros         INTEGER NOT NULL,
    at             INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX entry_reserve ON entry (reservation_id) WHERE kind = 'reserve';
CREATE UNIQUE INDEX entry_resolution ON entry (reservation_id) WHERE kind <> 'reserve';

CREATE TRIGGER entry_kept BEFORE DELETE ON entry BEGIN SELECT RAISE(ABORT, 'ledger entries are never deleted'); END;
CREATE TRIGGER entry_fixed BEFORE UPDATE ON entry BEGIN SELECT RAISE(ABORT, 'ledger entries are never changed'); END;

-- Running totals per window: what a check reads, whatever the history. `db verify` proves them against the entries.
CREATE TABLE balance (
    scope        TEXT NOT NULL CHECK (scope IN ('member', 'guild', 'operator')),
    guild_id     TEXT NOT NULL,
    member_id    TEXT NOT NULL,
    per          TEXT NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at    INTEGER NOT NULL,
    used_videos  INTEGER NOT NULL DEFAULT 0 CHECK (used_videos >= 0),
    used_seconds INTEGER NOT NULL DEFAULT 0 CHECK (used_seconds >= 0),
    used_micros  INTEGER NOT NULL DEFAULT 0 CHECK (used_micros >= 0),
    held_videos  INTEGER NOT NULL DEFAULT 0 CHECK (held_videos >= 0),
    held_seconds INTEGER NOT NULL DEFAULT 0 CHECK (held_seconds >= 0),
    held_micros  INTEGER NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    PRIMARY KEY (scope, guild_id, member_id, per, starts_at)
) STRICT, WITHOUT ROWID;

-- The id is the nonce of the post.
CREATE TABLE delivery (
    id            TEXT PRIMARY KEY CHECK (length(id) <= 25),
    generation_id TEXT NOT NULL UNIQUE REFERENCES generation (id),
    channel_id    TEXT NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'undeliverable')),
    queued_at     INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    attempts      INTEGER NOT NULL DEFAULT 0,
    message_id    TEXT,
    sent_at       INTEGER,
    why           TEXT,
    lease_owner   TEXT,
    lease_until   INTEGER,
    CHECK ((state = 'sent') = (message_id IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'sending') = (lease_owner IS NOT NULL))
) STRICT;

CREATE INDEX delivery_open ON delivery (due_at) WHERE state IN ('queued', 'sending');

CREATE TABLE value (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
