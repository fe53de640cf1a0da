"""Which waiting job is sent next: an order fair between members, as one query."""

# What takes a place at UniAll. A job past its soft deadline does not: it may never end, and ten of them stop nobody.
IN_FLIGHT = (
    "finished_at IS NULL AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0"
)

# Waiting jobs in the order they are sent. A member's turn counts what they have in flight and what they queued before;
# equal turns go to whom was served longest ago, then by age. So one member's twenty never stand before another's first.
# Members meet again in the order of their first meeting, as the claims will have made it: by then the one with more in
# flight today (a smaller `nth` at the same turn) was served longest ago, and whoever went first goes first again.
# Where a server lets only so many of a member's jobs run at once, those beyond are `late`: they stand behind all that
# wait for a free slot alone.
QUEUE = f"""
WITH here AS (
    SELECT member_id, guild_id, count(*) AS jobs FROM generation WHERE {IN_FLIGHT} GROUP BY member_id, guild_id
), busy AS (
    SELECT member_id, sum(jobs) AS jobs FROM here GROUP BY member_id
), placed AS (
    SELECT generation.*, most_running, coalesce(here.jobs, 0) AS running,
        coalesce(coalesce(here.jobs, 0) + row_number() OVER (
            PARTITION BY generation.guild_id, generation.member_id ORDER BY accepted_at, id) > most_running, 0) AS late
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
"""

HAS_ROOM = "(most_running IS NULL OR running < most_running)"
