"""Reads the queue as it is now: what waits, who has which turn, what is in flight, and how long each kind takes."""

import statistics
from collections.abc import Iterable

from bot.domain.queue_order import FlyingJob, Kind, MemberTurn, QueueState, WaitingJob
from bot.storage.columns import from_ms
from bot.storage.fair_queue import IN_FLIGHT
from bot.storage.sqlite.connection import Read, Row

# Every waiting job with its member's turn: one statement, so that they are of one moment.
WAITING = (
    "SELECT job.id, job.guild_id, job.member_id, model, seconds, hold, most_running, flying, turn, since, joined_at{columns}"
    " FROM generation AS job JOIN queue_member AS member ON member.member_id = job.member_id"
    " LEFT JOIN guild_setting AS setting ON setting.guild_id = job.guild_id"
    " WHERE state = 'reserved' AND finished_at IS NULL ORDER BY accepted_at, job.id"
)


async def read_state(read: Read, *, columns: str = "") -> tuple[QueueState, list[Row]]:
    """Return the queue, and a row for each of its jobs in the same order. columns: more of what the rows have."""
    rows = await read(WAITING.format(columns=columns), ())
    flying = await read(
        "SELECT model, seconds, member_id, guild_id, coalesce(submitted_at, submitting_at) AS since FROM generation"
        f" WHERE {IN_FLIGHT}",
        (),
    )
    [turn] = await read("SELECT turn, claims FROM queue_turn", ())
    state = QueueState(
        jobs=[_job(row) for row in rows],
        members={row["member_id"]: _turn(row) for row in rows},
        flying=[
            FlyingJob(
                owner=(row["guild_id"], row["member_id"]),
                kind=(row["model"], row["seconds"]),
                since=from_ms(row["since"]),
            )
            for row in flying
        ],
        turn=turn["turn"],
        claims=turn["claims"],
        usual=await usual_times(read, ((row["model"], row["seconds"]) for row in (*rows, *flying))),
    )
    return state, rows


async def usual_times(read: Read, kinds: Iterable[Kind]) -> dict[Kind, float]:
    """Return the usual time of each kind that has one: the median of its last twenty, in seconds from submit to finish."""
    found: dict[Kind, float] = {}
    for model, seconds in dict.fromkeys(kinds):
        past = await read(
            "SELECT rendered_at - submitted_at AS took FROM generation WHERE model = ? AND seconds = ?"
            # A negative duration comes from a changed clock, one of a day from a bot that did not run.
            " AND rendered_at IS NOT NULL AND rendered_at BETWEEN submitted_at AND submitted_at + 86400000"
            " ORDER BY rendered_at DESC LIMIT 20",
            (model, seconds),
        )
        if past:
            found[model, seconds] = statistics.median(row["took"] for row in past) / 1000
    return found


def _job(row: Row) -> WaitingJob:
    return WaitingJob(
        id=row["id"],
        owner=(row["guild_id"], row["member_id"]),
        kind=(row["model"], row["seconds"]),
        held=row["hold"] is not None,
        most_running=row["most_running"],
    )


def _turn(row: Row) -> MemberTurn:
    return MemberTurn(flying=row["flying"], turn=row["turn"], since=row["since"], joined_at=row["joined_at"])
