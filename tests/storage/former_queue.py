"""The order of the queue as one query that computes it anew each time: what `bot.storage.jobs.fair_queue` is compared with."""

from bot.storage.jobs.fair_queue import IN_FLIGHT

# A member's turn counts their jobs in flight and those queued before; equal turns go to the member who was served longest
# ago, then by age.
QUEUE = f"""
WITH here AS (
    SELECT member_id, guild_id, count(*) AS jobs FROM generation WHERE {IN_FLIGHT} GROUP BY member_id, guild_id
), busy AS (
    SELECT member_id, sum(jobs) AS jobs FROM here GROUP BY member_id
), placed AS (
    SELECT generation.*, most_running, coalesce(here.jobs, 0) AS running,
        CASE WHEN coalesce(here.jobs, 0) + row_number() OVER (PARTITION BY generation.guild_id, generation.member_id
            ORDER BY accepted_at, id) > most_running THEN 1 ELSE 0 END AS late
    FROM generation LEFT JOIN here ON here.member_id = generation.member_id AND here.guild_id = generation.guild_id
    LEFT JOIN guild_setting ON guild_setting.guild_id = generation.guild_id
    WHERE state = 'reserved' AND finished_at IS NULL
), waiting AS (
    SELECT *, row_number() OVER mine AS nth,
        first_value(accepted_at) OVER mine AS first_at, first_value(id) OVER mine AS first_id
    FROM placed WINDOW mine AS (PARTITION BY member_id ORDER BY late, accepted_at, id)
), turn AS (
    SELECT waiting.*, nth + coalesce(busy.jobs, 0) AS turn,
        coalesce((SELECT max(served.submitting_at) FROM generation AS served
            WHERE served.member_id = waiting.member_id AND served.submitting_at IS NOT NULL), 0) AS served_at
    FROM waiting LEFT JOIN busy USING (member_id)
), queue AS (
    SELECT *, row_number() OVER (ORDER BY late, turn, nth, served_at, first_at, first_id) AS place FROM turn
)
"""  # noqa: S608
