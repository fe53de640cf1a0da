"""Chooses the waiting job to send next: an order that is fair between members, as one query."""

# Jobs that occupy a slot at UniAll. A job past its soft deadline does not: it may never end, and ten of them must not
# block everything.
IN_FLIGHT = (
    "finished_at IS NULL AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0"
)

# Waiting jobs in the order they are sent. A member's turn counts their jobs in flight and those queued before; equal
# turns go to the member who was served longest ago, then by age. So one member's twentieth job never precedes another's
# first. Members with equal turns keep the order of their first equal turn, as the claims will have made it: by then the
# one with more in flight today (a smaller `nth` at the same turn) was served longest ago, and whoever went first goes
# first again. If a server limits how many of a member's jobs run at once, further ones are `late`: they come after all
# that wait only for a free slot.
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

# The places that cards show: a job on hold is passed by all others, and its card names what it waits for instead.
PLACES = f"""{QUEUE}, shown AS (
    SELECT id, model, seconds, member_id, guild_id, most_running, hold, late,
        row_number() OVER (ORDER BY hold IS NOT NULL, place) AS position FROM queue
)
"""

HAS_ROOM = "(most_running IS NULL OR running < most_running)"
