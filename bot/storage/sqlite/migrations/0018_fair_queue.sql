-- Members who have jobs, in the order in which they are served: the fewest in flight first, then the lowest turn, then whoever
-- has had that turn longest. turn: how far along the queue the member's next job is; each claim moves it on, see
-- `bot/storage/fair_queue.py`. since: how many claims there had been when the member got this turn. joined_at: when the first
-- of the jobs that wait now was accepted.
CREATE TABLE queue_member (
    member_id TEXT PRIMARY KEY,
    waiting   INTEGER NOT NULL DEFAULT 0,
    flying    INTEGER NOT NULL DEFAULT 0,
    turn      INTEGER NOT NULL DEFAULT 0,
    since     INTEGER NOT NULL DEFAULT 0,
    joined_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Unique, so that a query in this order needs no sort.
CREATE UNIQUE INDEX queue_member_next ON queue_member (flying, turn, since, joined_at, member_id) WHERE waiting > 0;

-- The highest turn that was ever served, and how many claims there have been.
CREATE TABLE queue_turn (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    turn   INTEGER NOT NULL,
    claims INTEGER NOT NULL
) STRICT;

CREATE INDEX generation_waiting ON generation (member_id, accepted_at, id) WHERE state = 'reserved' AND finished_at IS NULL;
-- Jobs that wait for the address of their picture.
CREATE INDEX generation_unready ON generation (state, card_answered) WHERE finished_at IS NULL AND image_file IS NOT NULL;
DROP INDEX generation_served;

-- What waits in a database from before keeps its order: whoever was served longest ago has the turn longest.
INSERT INTO queue_member (member_id, waiting, flying, turn, since, joined_at)
SELECT member_id, waiting, flying, 0, row_number() OVER (ORDER BY served_at), joined_at
FROM (
    SELECT mine.member_id,
        count(*) FILTER (WHERE state = 'reserved') AS waiting,
        count(*) FILTER (WHERE state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0) AS flying,
        coalesce((SELECT max(served.submitting_at) FROM generation AS served WHERE served.member_id = mine.member_id), 0) AS served_at,
        coalesce(min(accepted_at) FILTER (WHERE state = 'reserved'), 0) AS joined_at
    FROM generation AS mine WHERE finished_at IS NULL GROUP BY mine.member_id
);
UPDATE queue_member SET since = 0 WHERE NOT EXISTS (
    SELECT 1 FROM generation WHERE generation.member_id = queue_member.member_id AND submitting_at IS NOT NULL
);
INSERT INTO queue_turn (one, turn, claims) SELECT 1, 0, coalesce(max(since), 0) FROM queue_member;

-- Whoever joins the queue gets its present turn, or keeps a later one of their own.
CREATE TRIGGER queue_joined AFTER INSERT ON generation WHEN NEW.finished_at IS NULL
BEGIN
    INSERT INTO queue_member (member_id, waiting, flying, turn, since, joined_at) VALUES (
        NEW.member_id,
        NEW.state = 'reserved',
        NEW.state <> 'reserved' AND NEW.rendered_at IS NULL AND NEW.overdue = 0,
        (SELECT turn FROM queue_turn),
        (SELECT claims FROM queue_turn),
        NEW.accepted_at
    ) ON CONFLICT (member_id) DO UPDATE SET
        turn = CASE WHEN queue_member.waiting = 0 AND queue_member.turn < excluded.turn
            THEN excluded.turn ELSE queue_member.turn END,
        since = CASE WHEN queue_member.waiting = 0 AND queue_member.turn < excluded.turn
            THEN excluded.since ELSE queue_member.since END,
        joined_at = CASE WHEN queue_member.waiting = 0 THEN excluded.joined_at ELSE queue_member.joined_at END,
        waiting = queue_member.waiting + excluded.waiting,
        flying = queue_member.flying + excluded.flying;
END;

CREATE TRIGGER queue_moved AFTER UPDATE OF state, finished_at, rendered_at, overdue ON generation
WHEN (OLD.state = 'reserved') <> (NEW.state = 'reserved')
    OR (OLD.state IN ('submitting', 'unknown', 'submitted') AND OLD.rendered_at IS NULL AND OLD.overdue = 0)
    <> (NEW.state IN ('submitting', 'unknown', 'submitted') AND NEW.rendered_at IS NULL AND NEW.overdue = 0)
BEGIN
    UPDATE queue_member SET since = (SELECT claims FROM queue_turn), turn = (SELECT turn FROM queue_turn)
    WHERE member_id = NEW.member_id AND NEW.state = 'reserved' AND waiting = 0 AND turn < (SELECT turn FROM queue_turn);
    UPDATE queue_member SET joined_at = CASE WHEN waiting = 0 THEN NEW.accepted_at ELSE joined_at END,
        waiting = waiting + (NEW.state = 'reserved') - (OLD.state = 'reserved'),
        flying = flying
            + (NEW.state IN ('submitting', 'unknown', 'submitted') AND NEW.rendered_at IS NULL AND NEW.overdue = 0)
            - (OLD.state IN ('submitting', 'unknown', 'submitted') AND OLD.rendered_at IS NULL AND OLD.overdue = 0)
    WHERE member_id = NEW.member_id;
END;
