-- Oldest code: 21.
-- All tables up to schema 21, as SQLite's migrations 1 to 21 leave them; what each is for is told there. Times are
-- milliseconds since the epoch, money is micro-dollars, flags are 0 or 1. Text is ordered by its code points, whatever the
-- server's language.

CREATE TABLE generation (
    id                  TEXT COLLATE "C" PRIMARY KEY,
    interaction_id      TEXT COLLATE "C" NOT NULL UNIQUE,
    guild_id            TEXT COLLATE "C" NOT NULL,
    channel_id          TEXT COLLATE "C" NOT NULL,
    member_id           TEXT COLLATE "C" NOT NULL,
    prompt              TEXT COLLATE "C" NOT NULL,
    family              TEXT COLLATE "C" NOT NULL,
    model               TEXT COLLATE "C" NOT NULL,
    format              TEXT COLLATE "C" NOT NULL CHECK (format IN ('task', 'videos', 'openai', 'media')),
    orientation         TEXT COLLATE "C" NOT NULL CHECK (orientation IN ('landscape', 'portrait', 'square', '4:3', '3:4')),
    seconds             BIGINT NOT NULL CHECK (seconds > 0),
    price_micros        BIGINT NOT NULL CHECK (price_micros >= 0),
    image_file          TEXT COLLATE "C",
    image_type          TEXT COLLATE "C",
    image_url           TEXT COLLATE "C",
    image_url_until     BIGINT,
    state               TEXT COLLATE "C" NOT NULL CHECK (state IN ('reserved', 'submitting', 'unknown', 'submitted', 'succeeded', 'failed', 'cancelled')),
    accepted_at         BIGINT NOT NULL,
    due_at              BIGINT NOT NULL,
    submitting_at       BIGINT,
    submitted_at        BIGINT,
    rendered_at         BIGINT,
    finished_at         BIGINT,
    missing_since       BIGINT,
    attempts            BIGINT NOT NULL DEFAULT 0,
    job_id              TEXT COLLATE "C",
    progress            BIGINT CHECK (progress BETWEEN 0 AND 100),
    video_url           TEXT COLLATE "C",
    video_file          TEXT COLLATE "C",
    video_size          BIGINT,
    video_type          TEXT COLLATE "C",
    video_sha256        TEXT COLLATE "C",
    fault               TEXT COLLATE "C",
    detail              TEXT COLLATE "C",
    hold                TEXT COLLATE "C",
    card_answered       BIGINT NOT NULL DEFAULT 0 CHECK (card_answered IN (0, 1)),
    card_message_id     TEXT COLLATE "C",
    card_shown          TEXT COLLATE "C" NOT NULL DEFAULT '',
    card_due_at         BIGINT,
    card_edited_at      BIGINT NOT NULL DEFAULT 0,
    revision            BIGINT NOT NULL DEFAULT 0,
    lease_owner         TEXT COLLATE "C",
    lease_until         BIGINT,
    forget              BIGINT NOT NULL DEFAULT 0 CHECK (forget IN (0, 1)),
    parent_id           TEXT COLLATE "C" REFERENCES generation (id),
    root_id             TEXT COLLATE "C" NOT NULL DEFAULT '',
    version             BIGINT NOT NULL DEFAULT 1 CHECK (version > 0),
    parent_channel_id   TEXT COLLATE "C",
    image_kept          BIGINT NOT NULL DEFAULT 0 CHECK (image_kept IN (0, 1)),
    locale              TEXT COLLATE "C" NOT NULL DEFAULT 'en-US',
    draft_id            TEXT COLLATE "C",
    image_spoiler       BIGINT NOT NULL DEFAULT 0 CHECK (image_spoiler IN (0, 1)),
    gap_ms              BIGINT NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    tried_ms            BIGINT NOT NULL DEFAULT 0 CHECK (tried_ms >= 0),
    overdue             BIGINT NOT NULL DEFAULT 0 CHECK (overdue IN (0, 1)),
    sent_there          BIGINT,
    end_image_file      TEXT COLLATE "C",
    end_image_type      TEXT COLLATE "C" CHECK ((end_image_file IS NULL) = (end_image_type IS NULL)),
    end_image_url       TEXT COLLATE "C",
    end_image_url_until BIGINT,
    end_image_kept      BIGINT NOT NULL DEFAULT 0 CHECK (end_image_kept IN (0, 1)),
    end_image_spoiler   BIGINT NOT NULL DEFAULT 0 CHECK (end_image_spoiler IN (0, 1)),
    shape_from_image    BIGINT NOT NULL DEFAULT 0 CHECK (shape_from_image IN (0, 1)),
    sound               BIGINT CHECK (sound IN (0, 1)),
    avoid               TEXT COLLATE "C",
    seed                BIGINT,
    estimate            BIGINT NOT NULL DEFAULT 0 CHECK (estimate IN (0, 1)),
    card_place          BIGINT,
    card_place_next     BIGINT,
    style               TEXT COLLATE "C",
    style_text          TEXT COLLATE "C" CHECK ((style IS NULL) = (style_text IS NULL)),
    origins             TEXT COLLATE "C" NOT NULL DEFAULT '',
    continues_id        TEXT COLLATE "C" REFERENCES generation (id),
    joined              TEXT COLLATE "C" CHECK (joined IS NULL OR state = 'succeeded'),
    CHECK ((image_file IS NULL) = (image_type IS NULL)),
    CHECK (state NOT IN ('submitted', 'succeeded') OR joined IS NOT NULL OR (job_id IS NOT NULL AND submitted_at IS NOT NULL)),
    CHECK (state NOT IN ('submitting', 'unknown') OR submitting_at IS NOT NULL),
    CHECK ((state IN ('succeeded', 'failed', 'cancelled')) = (finished_at IS NOT NULL)),
    CHECK ((state = 'succeeded') = (video_file IS NOT NULL)),
    CHECK ((state = 'failed') = (fault IS NOT NULL)),
    CHECK (rendered_at IS NULL OR submitted_at IS NOT NULL),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK (finished_at IS NULL OR lease_owner IS NULL)
);

CREATE TABLE reservation (
    id              TEXT COLLATE "C" PRIMARY KEY REFERENCES generation (id),
    guild_id        TEXT COLLATE "C" NOT NULL,
    member_id       TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('pending', 'posted', 'voided')),
    videos          BIGINT NOT NULL CHECK (videos >= 0),
    seconds         BIGINT NOT NULL CHECK (seconds >= 0),
    micros          BIGINT NOT NULL CHECK (micros >= 0),
    reserved_at     BIGINT NOT NULL,
    resolved_at     BIGINT,
    covered_videos  BIGINT NOT NULL DEFAULT 0 CHECK (covered_videos BETWEEN 0 AND videos),
    covered_seconds BIGINT NOT NULL DEFAULT 0 CHECK (covered_seconds BETWEEN 0 AND seconds),
    covered_micros  BIGINT NOT NULL DEFAULT 0 CHECK (covered_micros BETWEEN 0 AND micros),
    CHECK ((state = 'pending') = (resolved_at IS NULL))
);

CREATE TABLE reservation_window (
    reservation_id TEXT COLLATE "C" NOT NULL REFERENCES reservation (id),
    scope          TEXT COLLATE "C" NOT NULL CHECK (scope IN ('member', 'guild', 'operator')),
    guild_id       TEXT COLLATE "C" NOT NULL,
    member_id      TEXT COLLATE "C" NOT NULL,
    per            TEXT COLLATE "C" NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at      BIGINT NOT NULL,
    PRIMARY KEY (reservation_id, scope, per)
);

CREATE TABLE entry (
    id             BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    reservation_id TEXT COLLATE "C" NOT NULL REFERENCES reservation (id),
    kind           TEXT COLLATE "C" NOT NULL CHECK (kind IN ('reserve', 'post', 'void', 'billed')),
    videos         BIGINT NOT NULL,
    seconds        BIGINT NOT NULL,
    micros         BIGINT NOT NULL,
    at             BIGINT NOT NULL
);

CREATE TABLE delivery (
    id            TEXT COLLATE "C" PRIMARY KEY CHECK (length(id) <= 25),
    generation_id TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES generation (id),
    channel_id    TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'undeliverable')),
    queued_at     BIGINT NOT NULL,
    due_at        BIGINT NOT NULL,
    attempts      BIGINT NOT NULL DEFAULT 0,
    message_id    TEXT COLLATE "C",
    sent_at       BIGINT,
    why           TEXT COLLATE "C",
    lease_owner   TEXT COLLATE "C",
    lease_until   BIGINT,
    removed_at    BIGINT CHECK (removed_at IS NULL OR state = 'sent'),
    asked_id      TEXT COLLATE "C",
    gap_ms        BIGINT NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    tried_ms      BIGINT NOT NULL DEFAULT 0 CHECK (tried_ms >= 0),
    CHECK ((state = 'sent') = (message_id IS NOT NULL)),
    CHECK ((state = 'sent') = (sent_at IS NOT NULL)),
    CHECK ((state = 'sending') = (lease_owner IS NOT NULL))
);

CREATE TABLE value (
    name  TEXT COLLATE "C" PRIMARY KEY,
    value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE balance (
    scope        TEXT COLLATE "C" NOT NULL CHECK (scope IN ('member', 'guild', 'operator')),
    guild_id     TEXT COLLATE "C" NOT NULL,
    member_id    TEXT COLLATE "C" NOT NULL,
    per          TEXT COLLATE "C" NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at    BIGINT NOT NULL,
    used_videos  BIGINT NOT NULL DEFAULT 0 CHECK (used_videos >= 0),
    used_seconds BIGINT NOT NULL DEFAULT 0 CHECK (used_seconds >= 0),
    used_micros  BIGINT NOT NULL DEFAULT 0 CHECK (used_micros >= 0),
    held_videos  BIGINT NOT NULL DEFAULT 0 CHECK (held_videos >= 0),
    held_seconds BIGINT NOT NULL DEFAULT 0 CHECK (held_seconds >= 0),
    held_micros  BIGINT NOT NULL DEFAULT 0 CHECK (held_micros >= 0),
    estimated    BIGINT NOT NULL DEFAULT 0 CHECK (estimated IN (0, 1)),
    PRIMARY KEY (scope, guild_id, member_id, starts_at, per)
);

CREATE TABLE rule (
    id         TEXT COLLATE "C" PRIMARY KEY,
    guild_id   TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL CHECK (subject IN ('member', 'role', 'everyone', 'server')),
    subject_id TEXT COLLATE "C" NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount >= -1),
    unit       TEXT COLLATE "C" NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    per        TEXT COLLATE "C" NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    UNIQUE (guild_id, subject, subject_id, unit, per),
    CHECK ((subject IN ('member', 'role')) = (subject_id <> ''))
);

CREATE TABLE reset_entry (
    id        BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    guild_id  TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    per       TEXT COLLATE "C" NOT NULL CHECK (per IN ('hour', 'day', 'week', 'month')),
    starts_at BIGINT NOT NULL,
    videos    BIGINT NOT NULL CHECK (videos >= 0),
    seconds   BIGINT NOT NULL CHECK (seconds >= 0),
    micros    BIGINT NOT NULL CHECK (micros >= 0),
    at        BIGINT NOT NULL
);

CREATE TABLE guild_setting (
    guild_id       TEXT COLLATE "C" PRIMARY KEY,
    most_running   BIGINT CHECK (most_running >= 0),
    most_waiting   BIGINT CHECK (most_waiting >= 0),
    longest        BIGINT CHECK (longest >= 0),
    dearest        BIGINT CHECK (dearest >= 0),
    log_channel_id TEXT COLLATE "C",
    threads        TEXT COLLATE "C" NOT NULL CHECK (threads IN ('never', 'on request', 'always')),
    spoiler        BIGINT NOT NULL CHECK (spoiler IN (0, 1)),
    paused         BIGINT NOT NULL DEFAULT 0 CHECK (paused IN (0, 1)),
    paused_until   BIGINT CHECK (paused_until IS NULL OR paused = 1),
    pause_reason   TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (pause_reason = '' OR paused = 1)
);

CREATE TABLE guild_item (
    guild_id TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL CHECK (kind IN ('channel', 'family', 'blocked', 'term')),
    item     TEXT COLLATE "C" NOT NULL,
    until    BIGINT CHECK (until IS NULL OR kind = 'blocked'),
    reason   TEXT COLLATE "C" NOT NULL DEFAULT '' CHECK (reason = '' OR kind = 'blocked'),
    PRIMARY KEY (guild_id, kind, item)
);

CREATE TABLE zone_change (
    id       BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    guild_id TEXT COLLATE "C" NOT NULL,
    at       BIGINT NOT NULL,
    zone     TEXT COLLATE "C" NOT NULL
);

CREATE TABLE change (
    id         BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    guild_id   TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    did        TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    before     TEXT COLLATE "C" NOT NULL,
    after      TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    undoes     BIGINT REFERENCES change (id)
);

CREATE TABLE report (
    generation_id TEXT COLLATE "C" NOT NULL REFERENCES generation (id),
    reporter_id   TEXT COLLATE "C" NOT NULL,
    guild_id      TEXT COLLATE "C" NOT NULL,
    at            BIGINT NOT NULL,
    settled_by    TEXT COLLATE "C",
    reason        TEXT COLLATE "C" NOT NULL DEFAULT 'other' CHECK (reason IN ('illegal', 'hateful', 'sexual', 'other')),
    words         TEXT COLLATE "C" NOT NULL DEFAULT '',
    PRIMARY KEY (generation_id, reporter_id)
);

CREATE TABLE discard (
    file TEXT COLLATE "C" PRIMARY KEY
);

CREATE TABLE draft (
    id            TEXT COLLATE "C" PRIMARY KEY,
    guild_id      TEXT COLLATE "C" NOT NULL,
    member_id     TEXT COLLATE "C" NOT NULL,
    generation_id TEXT COLLATE "C" REFERENCES generation (id),
    pictures      TEXT COLLATE "C" NOT NULL,
    image_gone    BIGINT NOT NULL CHECK (image_gone IN (0, 1)),
    prompt        TEXT COLLATE "C",
    orientation   TEXT COLLATE "C",
    seconds       BIGINT,
    made_at       BIGINT NOT NULL,
    model         TEXT COLLATE "C",
    picture       BIGINT NOT NULL DEFAULT 0,
    no_image      BIGINT NOT NULL DEFAULT 0 CHECK (no_image IN (0, 1)),
    image_lost    BIGINT NOT NULL DEFAULT 0 CHECK (image_lost IN (0, 1)),
    covered       TEXT COLLATE "C" NOT NULL DEFAULT '[]',
    sound         BIGINT CHECK (sound IN (0, 1)),
    avoid         TEXT COLLATE "C",
    seed          BIGINT,
    end_picture   TEXT COLLATE "C",
    end_covered   BIGINT NOT NULL DEFAULT 0 CHECK (end_covered IN (0, 1)),
    price_micros  BIGINT CHECK (price_micros >= 0),
    style         TEXT COLLATE "C",
    command       BIGINT NOT NULL DEFAULT 0 CHECK (command IN (0, 1)),
    image_refused BIGINT NOT NULL DEFAULT 0 CHECK (image_refused IN (0, 1)),
    continues     BIGINT NOT NULL DEFAULT 0 CHECK (continues IN (0, 1))
);

CREATE TABLE post_try (
    generation_id TEXT COLLATE "C" NOT NULL REFERENCES generation (id),
    delivery_id   TEXT COLLATE "C" NOT NULL,
    channel_id    TEXT COLLATE "C" NOT NULL,
    after_id      TEXT COLLATE "C" NOT NULL,
    first_at      BIGINT,
    last_at       BIGINT,
    waived        BIGINT NOT NULL DEFAULT 0 CHECK (waived IN (0, 1)),
    PRIMARY KEY (generation_id, delivery_id, channel_id)
);

CREATE TABLE confirmation (
    id         TEXT COLLATE "C" PRIMARY KEY,
    guild_id   TEXT COLLATE "C" NOT NULL,
    actor_id   TEXT COLLATE "C" NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    reason     TEXT COLLATE "C" NOT NULL,
    role_ids   TEXT COLLATE "C" NOT NULL,
    made_at    BIGINT NOT NULL
);

CREATE TABLE forgotten (
    member_id TEXT COLLATE "C" PRIMARY KEY,
    until     BIGINT NOT NULL
);

CREATE TABLE failure_notice (
    generation_id TEXT COLLATE "C" PRIMARY KEY REFERENCES generation (id),
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'sending', 'sent', 'dropped')),
    due_at        BIGINT NOT NULL,
    gap_ms        BIGINT NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    tried_ms      BIGINT NOT NULL DEFAULT 0 CHECK (tried_ms >= 0),
    attempts      BIGINT NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    lease_owner   TEXT COLLATE "C",
    lease_until   BIGINT,
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL)),
    CHECK ((state = 'sending') = (lease_owner IS NOT NULL))
);

CREATE TABLE style (
    guild_id TEXT COLLATE "C" NOT NULL,
    key      TEXT COLLATE "C" NOT NULL,
    name     TEXT COLLATE "C" NOT NULL,
    text     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (guild_id, key)
);

CREATE TABLE member_default (
    member_id TEXT COLLATE "C" NOT NULL,
    guild_id  TEXT COLLATE "C" NOT NULL,
    model     TEXT COLLATE "C",
    shape     TEXT COLLATE "C",
    seconds   BIGINT CHECK (seconds > 0),
    style     TEXT COLLATE "C",
    PRIMARY KEY (member_id, guild_id)
);

CREATE TABLE joining (
    id                TEXT COLLATE "C" PRIMARY KEY,
    guild_id          TEXT COLLATE "C" NOT NULL,
    channel_id        TEXT COLLATE "C" NOT NULL,
    parent_channel_id TEXT COLLATE "C",
    member_id         TEXT COLLATE "C" NOT NULL,
    interaction_id    TEXT COLLATE "C" NOT NULL,
    locale            TEXT COLLATE "C" NOT NULL,
    chain             TEXT COLLATE "C" NOT NULL,
    state             TEXT COLLATE "C" NOT NULL CHECK (state IN ('queued', 'made', 'failed', 'told', 'removing', 'removed')),
    fault             TEXT COLLATE "C",
    fault_version     BIGINT,
    asked_at          BIGINT NOT NULL,
    due_at            BIGINT NOT NULL,
    gap_ms            BIGINT NOT NULL DEFAULT 0 CHECK (gap_ms >= 0),
    attempts          BIGINT NOT NULL DEFAULT 0,
    lease_owner       TEXT COLLATE "C",
    lease_until       BIGINT,
    CHECK ((state IN ('failed', 'told')) = (fault IS NOT NULL)),
    CHECK ((lease_owner IS NULL) = (lease_until IS NULL))
);

CREATE TABLE joined_part (
    join_id  TEXT COLLATE "C" NOT NULL REFERENCES joining (id),
    position BIGINT NOT NULL,
    part_id  TEXT COLLATE "C" NOT NULL REFERENCES generation (id),
    PRIMARY KEY (join_id, position)
);

CREATE TABLE question (
    id            TEXT COLLATE "C" PRIMARY KEY,
    ask_id        TEXT COLLATE "C" NOT NULL UNIQUE,
    guild_id      TEXT COLLATE "C" NOT NULL,
    channel_id    TEXT COLLATE "C" NOT NULL,
    member_id     TEXT COLLATE "C" NOT NULL,
    generation_id TEXT COLLATE "C" NOT NULL REFERENCES generation (id),
    edits         TEXT COLLATE "C" NOT NULL,
    picture       TEXT COLLATE "C",
    end_picture   TEXT COLLATE "C",
    new_take      BIGINT NOT NULL CHECK (new_take IN (0, 1)),
    price_micros  BIGINT NOT NULL CHECK (price_micros >= 0),
    locale        TEXT COLLATE "C" NOT NULL,
    asked_at      BIGINT NOT NULL,
    state         TEXT COLLATE "C" NOT NULL CHECK (state IN ('open', 'made', 'cancelled', 'over')),
    message_id    TEXT COLLATE "C",
    closed        BIGINT NOT NULL DEFAULT 0 CHECK (closed IN (0, 1))
);

CREATE TABLE history_query (
    id        TEXT COLLATE "C" PRIMARY KEY,
    guild_id  TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    find      TEXT COLLATE "C" NOT NULL,
    families  TEXT COLLATE "C" NOT NULL,
    failed    BIGINT NOT NULL CHECK (failed IN (0, 1)),
    pictured  BIGINT NOT NULL CHECK (pictured IN (0, 1)),
    made_at   BIGINT NOT NULL
);

CREATE TABLE grant_lot (
    id         TEXT COLLATE "C" PRIMARY KEY CHECK (id <> ''),
    guild_id   TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL CHECK (subject IN ('member', 'role')),
    subject_id TEXT COLLATE "C" NOT NULL CHECK (subject_id <> ''),
    unit       TEXT COLLATE "C" NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    amount     BIGINT NOT NULL CHECK (amount > 0),
    made_at    BIGINT NOT NULL,
    ends_at    BIGINT CHECK (ends_at > made_at),
    closed_at  BIGINT,
    change_id  BIGINT NOT NULL UNIQUE REFERENCES change (id)
);

CREATE TABLE grant_balance (
    guild_id  TEXT COLLATE "C" NOT NULL,
    member_id TEXT COLLATE "C" NOT NULL,
    unit      TEXT COLLATE "C" NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    grant_id  TEXT COLLATE "C" NOT NULL DEFAULT '',
    amount    BIGINT NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (guild_id, member_id, unit, grant_id)
);

CREATE TABLE grant_entry (
    id             BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
    guild_id       TEXT COLLATE "C" NOT NULL,
    member_id      TEXT COLLATE "C" NOT NULL,
    unit           TEXT COLLATE "C" NOT NULL CHECK (unit IN ('videos', 'seconds', 'usd')),
    grant_id       TEXT COLLATE "C" NOT NULL DEFAULT '',
    kind           TEXT COLLATE "C" NOT NULL CHECK (kind IN ('grant', 'take', 'open', 'cover', 'return')),
    amount         BIGINT NOT NULL,
    reservation_id TEXT COLLATE "C" REFERENCES reservation (id),
    change_id      BIGINT REFERENCES change (id),
    at             BIGINT NOT NULL,
    CHECK (CASE WHEN kind IN ('grant', 'open', 'return') THEN amount > 0 ELSE amount < 0 END),
    CHECK ((kind IN ('cover', 'return')) = (reservation_id IS NOT NULL)),
    CHECK (kind <> 'open' OR grant_id <> ''),
    CHECK (change_id IS NULL OR kind IN ('grant', 'take', 'open'))
);

CREATE TABLE report_case (
    generation_id TEXT COLLATE "C" PRIMARY KEY REFERENCES generation (id),
    guild_id      TEXT COLLATE "C" NOT NULL,
    channel_id    TEXT COLLATE "C",
    message_id    TEXT COLLATE "C",
    posts         BIGINT NOT NULL DEFAULT 0,
    ended         TEXT COLLATE "C" CHECK (ended IN ('removed', 'deleted', 'gone', 'dismissed')),
    ended_by      TEXT COLLATE "C" NOT NULL DEFAULT '',
    revision      BIGINT NOT NULL DEFAULT 0,
    due_at        BIGINT,
    CHECK ((channel_id IS NULL) = (message_id IS NULL))
);

CREATE TABLE removal (
    generation_id TEXT COLLATE "C" PRIMARY KEY REFERENCES generation (id),
    guild_id      TEXT COLLATE "C" NOT NULL,
    moderator_id  TEXT COLLATE "C" NOT NULL,
    how           TEXT COLLATE "C" NOT NULL CHECK (how IN ('cancelled', 'unposted', 'deleted')),
    at            BIGINT NOT NULL,
    due_at        BIGINT
);

CREATE TABLE log_offer (
    guild_id TEXT COLLATE "C" NOT NULL,
    about    TEXT COLLATE "C" NOT NULL CHECK (about IN ('command', 'report')),
    PRIMARY KEY (guild_id, about)
);

CREATE TABLE queue_member (
    member_id TEXT COLLATE "C" PRIMARY KEY,
    waiting   BIGINT NOT NULL DEFAULT 0,
    flying    BIGINT NOT NULL DEFAULT 0,
    turn      BIGINT NOT NULL DEFAULT 0,
    since     BIGINT NOT NULL DEFAULT 0,
    joined_at BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE queue_turn (
    one    BIGINT PRIMARY KEY CHECK (one = 1),
    turn   BIGINT NOT NULL,
    claims BIGINT NOT NULL
);

CREATE TABLE forgetting (
    member_id TEXT COLLATE "C" PRIMARY KEY,
    until     BIGINT NOT NULL
);

CREATE INDEX balance_active ON balance (guild_id, per, starts_at) WHERE scope = 'member';
CREATE INDEX change_actor ON change (guild_id, actor_id, id);
CREATE INDEX change_guild ON change (guild_id, id);
CREATE INDEX change_subject ON change (guild_id, subject_id, id);
CREATE UNIQUE INDEX change_undone ON change (undoes) WHERE undoes IS NOT NULL;
CREATE INDEX confirmation_made ON confirmation (made_at);
CREATE INDEX delivery_lost ON delivery (generation_id) WHERE state = 'undeliverable' AND why = 'lost';
CREATE INDEX delivery_message ON delivery (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX delivery_open ON delivery (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX draft_made ON draft (made_at);
CREATE INDEX draft_member ON draft (member_id);
CREATE UNIQUE INDEX entry_reserve ON entry (reservation_id) WHERE kind = 'reserve';
CREATE UNIQUE INDEX entry_resolution ON entry (reservation_id) WHERE kind <> 'reserve';
CREATE INDEX failure_notice_open ON failure_notice (due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX generation_card ON generation (card_due_at) WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL;
CREATE INDEX generation_card_message ON generation (card_message_id) WHERE card_message_id IS NOT NULL;
CREATE INDEX generation_card_timed ON generation (card_due_at)
    WHERE card_due_at IS NOT NULL AND card_message_id IS NOT NULL AND state <> 'reserved';
CREATE UNIQUE INDEX generation_draft ON generation (draft_id) WHERE draft_id IS NOT NULL;
CREATE INDEX generation_failed ON generation (member_id, guild_id, accepted_at, id)
    WHERE state = 'failed' AND prompt <> '';
CREATE INDEX generation_family ON generation (member_id, guild_id, family, accepted_at, id)
    WHERE prompt <> '' AND family <> '';
CREATE INDEX generation_fetch ON generation (state, due_at) WHERE finished_at IS NULL AND rendered_at IS NOT NULL;
CREATE INDEX generation_guild ON generation (guild_id, accepted_at, id);
CREATE INDEX generation_history ON generation (member_id, guild_id, accepted_at, id) WHERE prompt <> '';
CREATE UNIQUE INDEX generation_job ON generation (job_id, format) WHERE job_id IS NOT NULL;
CREATE INDEX generation_member ON generation (member_id, accepted_at);
CREATE INDEX generation_open ON generation (state, due_at) WHERE finished_at IS NULL;
CREATE INDEX generation_open_member ON generation (member_id, guild_id) WHERE finished_at IS NULL;
CREATE INDEX generation_pictured ON generation (member_id, guild_id, accepted_at, id)
    WHERE prompt <> '' AND coalesce(image_file, end_image_file) IS NOT NULL;
CREATE INDEX generation_place ON generation (guild_id, card_place) WHERE card_place IS NOT NULL;
CREATE INDEX generation_place_next ON generation (guild_id, card_place_next) WHERE card_place_next IS NOT NULL;
CREATE INDEX generation_poll ON generation (overdue, due_at)
    WHERE finished_at IS NULL AND state = 'submitted' AND rendered_at IS NULL;
CREATE INDEX generation_poll_planned ON generation (overdue, (due_at - gap_ms))
    WHERE finished_at IS NULL AND state = 'submitted' AND rendered_at IS NULL;
CREATE INDEX generation_rendered ON generation (model, seconds, rendered_at) WHERE rendered_at IS NOT NULL;
CREATE INDEX generation_thread ON generation (channel_id, accepted_at, id) WHERE parent_channel_id IS NOT NULL;
CREATE INDEX generation_two_pictures ON generation (member_id)
    WHERE image_file IS NOT NULL AND end_image_file IS NOT NULL;
CREATE INDEX generation_unanswered ON generation (accepted_at) WHERE card_answered = 0;
CREATE INDEX generation_unready ON generation (state, card_answered)
    WHERE finished_at IS NULL AND image_file IS NOT NULL;
CREATE UNIQUE INDEX generation_version ON generation (root_id, version);
CREATE INDEX generation_waiting ON generation (member_id, accepted_at, id)
    WHERE state = 'reserved' AND finished_at IS NULL;
CREATE INDEX grant_entry_change ON grant_entry (change_id) WHERE change_id IS NOT NULL;
CREATE UNIQUE INDEX grant_entry_once ON grant_entry (reservation_id, unit, grant_id, kind)
    WHERE reservation_id IS NOT NULL;
CREATE UNIQUE INDEX grant_entry_opened ON grant_entry (grant_id, member_id) WHERE kind = 'open';
CREATE INDEX grant_lot_role ON grant_lot (guild_id, subject_id, ends_at) WHERE subject = 'role' AND closed_at IS NULL;
CREATE INDEX history_query_made ON history_query (made_at);
CREATE INDEX history_query_member ON history_query (member_id);
CREATE INDEX joined_part_of ON joined_part (part_id);
CREATE UNIQUE INDEX joining_chain ON joining (chain) WHERE state IN ('queued', 'made', 'removing');
CREATE INDEX joining_open ON joining (due_at) WHERE state IN ('queued', 'failed', 'removing');
CREATE UNIQUE INDEX joining_server ON joining (guild_id) WHERE state = 'queued';
CREATE INDEX question_asked ON question (asked_at);
CREATE INDEX question_member ON question (member_id);
CREATE INDEX question_open ON question (asked_at) WHERE state = 'open';
CREATE INDEX question_unclosed ON question (asked_at) WHERE closed = 0;
CREATE UNIQUE INDEX queue_member_next ON queue_member (flying, turn, since, joined_at, member_id) WHERE waiting > 0;
CREATE INDEX removal_due ON removal (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_open ON report (guild_id, at) WHERE settled_by IS NULL;
CREATE INDEX report_words ON report (reporter_id) WHERE words <> '';
CREATE INDEX report_case_due ON report_case (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX report_case_open ON report_case (guild_id) WHERE ended IS NULL;
CREATE INDEX zone_change_guild ON zone_change (guild_id, at);

INSERT INTO queue_turn (one, turn, claims) VALUES (1, 0, 0);

-- What is written once and stays.
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER entry_kept BEFORE DELETE ON entry
    FOR EACH ROW EXECUTE FUNCTION refuse('ledger entries are never deleted');
CREATE TRIGGER entry_fixed BEFORE UPDATE ON entry
    FOR EACH ROW EXECUTE FUNCTION refuse('ledger entries are never changed');
CREATE TRIGGER reset_entry_kept BEFORE DELETE ON reset_entry
    FOR EACH ROW EXECUTE FUNCTION refuse('reset entries are never deleted');
CREATE TRIGGER reset_entry_fixed BEFORE UPDATE ON reset_entry
    FOR EACH ROW EXECUTE FUNCTION refuse('reset entries are never changed');
CREATE TRIGGER zone_change_kept BEFORE DELETE ON zone_change
    FOR EACH ROW EXECUTE FUNCTION refuse('changes of zone are never deleted');
CREATE TRIGGER zone_change_fixed BEFORE UPDATE ON zone_change
    FOR EACH ROW EXECUTE FUNCTION refuse('changes of zone are never changed');
CREATE TRIGGER change_kept BEFORE DELETE ON change
    FOR EACH ROW EXECUTE FUNCTION refuse('the audit log is never shortened');
CREATE TRIGGER change_fixed BEFORE UPDATE ON change
    FOR EACH ROW EXECUTE FUNCTION refuse('the audit log is never changed');
CREATE TRIGGER grant_entry_kept BEFORE DELETE ON grant_entry
    FOR EACH ROW EXECUTE FUNCTION refuse('grant entries are never deleted');
CREATE TRIGGER grant_entry_fixed BEFORE UPDATE ON grant_entry
    FOR EACH ROW EXECUTE FUNCTION refuse('grant entries are never changed');
CREATE TRIGGER grant_lot_kept BEFORE DELETE ON grant_lot
    FOR EACH ROW EXECUTE FUNCTION refuse('grants are never deleted');
CREATE TRIGGER grant_lot_fixed BEFORE UPDATE ON grant_lot
    FOR EACH ROW
    WHEN (OLD.closed_at IS NOT NULL OR (NEW.id, NEW.guild_id, NEW.subject, NEW.subject_id, NEW.unit, NEW.amount, NEW.made_at,
        NEW.change_id) <> (OLD.id, OLD.guild_id, OLD.subject, OLD.subject_id, OLD.unit, OLD.amount, OLD.made_at, OLD.change_id)
        OR NEW.ends_at IS DISTINCT FROM OLD.ends_at)
    EXECUTE FUNCTION refuse('a grant is only ever closed');

-- Forgetting: a job that runs is forgotten when it ends, one with a video once its post is sent or given up.
CREATE FUNCTION generation_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state IN ('failed', 'cancelled')
        OR EXISTS (SELECT 1 FROM delivery WHERE generation_id = NEW.id AND state IN ('sent', 'undeliverable'))
    THEN
        INSERT INTO discard (file) SELECT file FROM (VALUES (NEW.image_file), (NEW.end_image_file)) AS picture (file)
            WHERE file IS NOT NULL ON CONFLICT DO NOTHING;
        UPDATE generation SET prompt = '', image_file = NULL, image_type = NULL, image_url = NULL, image_url_until = NULL,
            end_image_file = NULL, end_image_type = NULL, end_image_url = NULL, end_image_url_until = NULL, avoid = NULL,
            detail = NULL WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER generation_forgotten AFTER UPDATE OF forget, finished_at ON generation
    FOR EACH ROW WHEN (NEW.forget = 1) EXECUTE FUNCTION generation_forgotten();

CREATE FUNCTION delivery_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE generation SET forget = 1 WHERE id = NEW.generation_id AND forget = 1;
    RETURN NULL;
END $$;
CREATE TRIGGER delivery_forgotten AFTER UPDATE OF state ON delivery
    FOR EACH ROW WHEN (NEW.state IN ('sent', 'undeliverable')) EXECUTE FUNCTION delivery_forgotten();

CREATE FUNCTION video_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM delivery WHERE generation_id = NEW.id AND state = 'undeliverable') THEN
        INSERT INTO discard (file) VALUES (NEW.video_file) ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER video_forgotten AFTER UPDATE OF prompt ON generation
    FOR EACH ROW WHEN (NEW.forget = 1 AND NEW.prompt = '' AND NEW.video_file IS NOT NULL)
    EXECUTE FUNCTION video_forgotten();

CREATE FUNCTION style_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE generation SET style = NULL, style_text = NULL, origins = '' WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER style_forgotten AFTER UPDATE OF prompt ON generation
    FOR EACH ROW WHEN (NEW.prompt = '' AND (NEW.style IS NOT NULL OR NEW.origins <> ''))
    EXECUTE FUNCTION style_forgotten();

-- A joined video goes with any of its parts.
CREATE FUNCTION without_part(part TEXT, part_version BIGINT) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE joining SET state = 'failed', fault = 'part_gone', due_at = asked_at, gap_ms = 0, attempts = 0,
        fault_version = part_version, lease_owner = NULL, lease_until = NULL
        WHERE state = 'queued' AND id IN (SELECT join_id FROM joined_part WHERE part_id = part);
    UPDATE joining SET state = 'removing', due_at = asked_at, gap_ms = 0, attempts = 0
        WHERE state = 'made' AND id IN (SELECT join_id FROM joined_part WHERE part_id = part);
END $$;

CREATE FUNCTION part_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO discard (file) SELECT video_file FROM generation WHERE id = NEW.generation_id AND joined IS NOT NULL
        ON CONFLICT DO NOTHING;
    UPDATE joining SET state = 'removed', lease_owner = NULL, lease_until = NULL
        WHERE id = NEW.generation_id AND state IN ('made', 'removing');
    PERFORM without_part(NEW.generation_id, (SELECT version FROM generation WHERE id = NEW.generation_id));
    RETURN NULL;
END $$;
CREATE TRIGGER part_removed AFTER UPDATE OF removed_at ON delivery
    FOR EACH ROW WHEN (NEW.removed_at IS NOT NULL AND OLD.removed_at IS NULL) EXECUTE FUNCTION part_removed();

CREATE FUNCTION part_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM without_part(NEW.id, NEW.version);
    RETURN NULL;
END $$;
CREATE TRIGGER part_forgotten AFTER UPDATE OF forget ON generation
    FOR EACH ROW WHEN (NEW.forget = 1 AND OLD.forget = 0) EXECUTE FUNCTION part_forgotten();

-- The fair queue: see SQLite's migration 18. Whether a job is in flight, as a number.
CREATE FUNCTION in_flight(state TEXT, rendered_at BIGINT, overdue BIGINT) RETURNS BIGINT LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0 THEN 1 ELSE 0 END
$$;

-- Whoever joins the queue gets its present turn, or keeps a later one of their own.
CREATE FUNCTION queue_joined() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO queue_member (member_id, waiting, flying, turn, since, joined_at) SELECT
        NEW.member_id,
        CASE WHEN NEW.state = 'reserved' THEN 1 ELSE 0 END,
        CASE WHEN NEW.state <> 'reserved' AND NEW.rendered_at IS NULL AND NEW.overdue = 0 THEN 1 ELSE 0 END,
        queue_turn.turn,
        queue_turn.claims,
        NEW.accepted_at
    FROM queue_turn ON CONFLICT (member_id) DO UPDATE SET
        turn = CASE WHEN queue_member.waiting = 0 AND queue_member.turn < excluded.turn
            THEN excluded.turn ELSE queue_member.turn END,
        since = CASE WHEN queue_member.waiting = 0 AND queue_member.turn < excluded.turn
            THEN excluded.since ELSE queue_member.since END,
        joined_at = CASE WHEN queue_member.waiting = 0 THEN excluded.joined_at ELSE queue_member.joined_at END,
        waiting = queue_member.waiting + excluded.waiting,
        flying = queue_member.flying + excluded.flying;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_joined AFTER INSERT ON generation
    FOR EACH ROW WHEN (NEW.finished_at IS NULL) EXECUTE FUNCTION queue_joined();

CREATE FUNCTION queue_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_waits BIGINT := CASE WHEN NEW.state = 'reserved' THEN 1 ELSE 0 END;
    before_waits BIGINT := CASE WHEN OLD.state = 'reserved' THEN 1 ELSE 0 END;
BEGIN
    UPDATE queue_member SET since = queue_turn.claims, turn = queue_turn.turn FROM queue_turn
        WHERE member_id = NEW.member_id AND NEW.state = 'reserved' AND waiting = 0 AND queue_member.turn < queue_turn.turn;
    UPDATE queue_member SET joined_at = CASE WHEN waiting = 0 THEN NEW.accepted_at ELSE joined_at END,
        waiting = waiting + now_waits - before_waits,
        flying = flying + in_flight(NEW.state, NEW.rendered_at, NEW.overdue)
            - in_flight(OLD.state, OLD.rendered_at, OLD.overdue)
        WHERE member_id = NEW.member_id;
    RETURN NULL;
END $$;
CREATE TRIGGER queue_moved AFTER UPDATE OF state, finished_at, rendered_at, overdue ON generation
    FOR EACH ROW
    WHEN ((OLD.state = 'reserved') <> (NEW.state = 'reserved')
        OR (OLD.state IN ('submitting', 'unknown', 'submitted') AND OLD.rendered_at IS NULL AND OLD.overdue = 0)
        <> (NEW.state IN ('submitting', 'unknown', 'submitted') AND NEW.rendered_at IS NULL AND NEW.overdue = 0))
    EXECUTE FUNCTION queue_moved();
