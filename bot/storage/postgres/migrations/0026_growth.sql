-- Oldest code: 26.
-- As SQLite's migration of this number. Code from before it writes to the table that is gone.

ALTER TABLE reservation ADD COLUMN hour_at BIGINT;
ALTER TABLE reservation ADD COLUMN day_at BIGINT;
ALTER TABLE reservation ADD COLUMN week_at BIGINT;
ALTER TABLE reservation ADD COLUMN month_at BIGINT;
ALTER TABLE reservation ADD COLUMN utc_hour_at BIGINT;
ALTER TABLE reservation ADD COLUMN utc_day_at BIGINT;
ALTER TABLE reservation ADD COLUMN utc_week_at BIGINT;
ALTER TABLE reservation ADD COLUMN utc_month_at BIGINT;

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

DROP TABLE reservation_window;

-- Ended jobs whose prompt is kept, the oldest first.
CREATE INDEX generation_prompted ON generation (accepted_at) WHERE prompt <> '' AND finished_at IS NOT NULL;
