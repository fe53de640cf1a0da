-- What a database of years takes. A reservation keeps the beginnings of its windows in its own row instead of twelve rows of
-- another table: hour_at and so on are those of its server's zone, utc_hour_at and so on those of the operator where they
-- differ.
ALTER TABLE reservation ADD COLUMN hour_at INTEGER;
ALTER TABLE reservation ADD COLUMN day_at INTEGER;
ALTER TABLE reservation ADD COLUMN week_at INTEGER;
ALTER TABLE reservation ADD COLUMN month_at INTEGER;
ALTER TABLE reservation ADD COLUMN utc_hour_at INTEGER;
ALTER TABLE reservation ADD COLUMN utc_day_at INTEGER;
ALTER TABLE reservation ADD COLUMN utc_week_at INTEGER;
ALTER TABLE reservation ADD COLUMN utc_month_at INTEGER;

UPDATE reservation SET hour_at = found.hour_at, day_at = found.day_at, week_at = found.week_at, month_at = found.month_at,
    utc_hour_at = nullif(found.utc_hour_at, found.hour_at), utc_day_at = nullif(found.utc_day_at, found.day_at),
    utc_week_at = nullif(found.utc_week_at, found.week_at), utc_month_at = nullif(found.utc_month_at, found.month_at)
FROM (
    SELECT reservation_id,
        max(starts_at) FILTER (WHERE scope = 'guild' AND per = 'hour') AS hour_at,
        max(starts_at) FILTER (WHERE scope = 'guild' AND per = 'day') AS day_at,
        max(starts_at) FILTER (WHERE scope = 'guild' AND per = 'week') AS week_at,
        max(starts_at) FILTER (WHERE scope = 'guild' AND per = 'month') AS month_at,
        max(starts_at) FILTER (WHERE scope = 'operator' AND per = 'hour') AS utc_hour_at,
        max(starts_at) FILTER (WHERE scope = 'operator' AND per = 'day') AS utc_day_at,
        max(starts_at) FILTER (WHERE scope = 'operator' AND per = 'week') AS utc_week_at,
        max(starts_at) FILTER (WHERE scope = 'operator' AND per = 'month') AS utc_month_at
    FROM reservation_window GROUP BY reservation_id
) AS found WHERE found.reservation_id = reservation.id;

-- Its pages hold ids and times, of which nothing is secret: to overwrite them would write as much as the table was long.
PRAGMA secure_delete = OFF;
DROP TABLE reservation_window;
PRAGMA secure_delete = ON;

-- Ended jobs whose prompt is kept, the oldest first.
CREATE INDEX generation_prompted ON generation (accepted_at) WHERE prompt <> '' AND finished_at IS NOT NULL;
