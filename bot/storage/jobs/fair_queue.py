"""The order in which waiting jobs are sent: fair between members, and as cheap with ten thousand jobs as with a hundred.

Members are served in turns; each member's own jobs go in the order in which they came. The next to be served is the
member with the fewest jobs in flight, over all servers; of several, the one with the lowest turn; of several again, the
one who has had that turn longest. So one member's twentieth job never precedes another's first, and nobody waits for
ever.

A turn is a start tag of start-time fair queuing, kept once for each member (`queue_member`) instead of with each job:
whoever joins the queue gets the turn that was served last, whoever is served gets the next one. A member who could not
be served for a while (held, or blocked by a server's limit) therefore goes on with everybody else afterwards, not ahead
of them. Who leaves the queue keeps their turn, so that nothing is gained by sending jobs one by one.

Triggers count the waiting jobs and those in flight of each member, whatever statement changes them.
"""

from bot.storage.columns import DUE
from bot.storage.database import Writing

# Jobs that occupy a slot at UniAll. A job past its soft deadline does not: it may never end, and ten of them must not
# block everything. The triggers of `queue_member` count the same.
IN_FLIGHT = (
    "finished_at IS NULL AND state IN ('submitting', 'unknown', 'submitted') AND rendered_at IS NULL AND overdue = 0"
)

# The members in the order in which they are served.
SERVED_NEXT = "member.flying, member.turn, member.since, member.joined_at, member.member_id"


def next_job(ready: str, unsettled: int) -> str:
    """Return the query for the id of the next job that may be sent. Needs :now, and :unsettled0 and so on.

    ready: what else must hold for a job. Where a server limits how many of a member's jobs run at once, further ones are
    passed over; `here` are each member's jobs in flight in each server, never more than run at once.
    """
    settled = f"AND job.id NOT IN ({', '.join(f':unsettled{n}' for n in range(unsettled))})" if unsettled else ""
    return (
        "WITH here AS MATERIALIZED ("
        f"SELECT member_id, guild_id, count(*) AS jobs FROM generation WHERE {IN_FLIGHT} GROUP BY member_id, guild_id)"
        " SELECT first_id FROM (SELECT member.*, ("
        "SELECT id FROM generation AS job LEFT JOIN guild_setting AS setting ON setting.guild_id = job.guild_id"
        " WHERE job.member_id = member.member_id AND state = 'reserved' AND finished_at IS NULL"
        f" AND {DUE} AND lease_owner IS NULL AND ({ready}) {settled}"
        " AND (most_running IS NULL OR most_running > coalesce((SELECT jobs FROM here"
        " WHERE here.member_id = job.member_id AND here.guild_id = job.guild_id), 0))"
        " ORDER BY accepted_at, id LIMIT 1) AS first_id FROM queue_member AS member WHERE waiting > 0) AS member"
        f" WHERE first_id IS NOT NULL ORDER BY {SERVED_NEXT} LIMIT 1"
    )


async def served(writing: Writing, member_id: str) -> None:
    """Move a member on whose job has just been claimed: their next one has the turn after the present one."""
    await writing.execute(
        "UPDATE queue_turn SET claims = claims + 1,"
        " turn = CASE WHEN queue_turn.turn < mine.turn THEN mine.turn ELSE queue_turn.turn END"
        " FROM (SELECT turn FROM queue_member WHERE member_id = ?) AS mine",
        (member_id,),
    )
    await writing.execute(
        "UPDATE queue_member SET turn = (SELECT turn + 1 FROM queue_turn), since = (SELECT claims FROM queue_turn)"
        " WHERE member_id = ?",
        (member_id,),
    )


async def not_served(writing: Writing, member_id: str) -> None:
    """Give a member their turn back, whose job was claimed but could not be sent.

    Never below the present turn: a job whose model is gone is claimed out of turn, and has nothing to give back.
    """
    await writing.execute(
        "UPDATE queue_member SET turn = turn - 1 WHERE member_id = ? AND turn > (SELECT turn FROM queue_turn)",
        (member_id,),
    )
