"""Reads the queue as it is now: which jobs wait, whose turn is next, what is in flight, and how long each kind takes."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.queue.expected_time import last_try
from bot.domain.queue.order import MOST_AHEAD, FlyingJob, Kind, MemberTurn, QueuePlace, QueueState, WaitingJob, places
from bot.domain.queue.view import QueueView, WaitingCard
from bot.storage.columns import from_ms, maybe_time
from bot.storage.database import Read, Row
from bot.storage.jobs.fair_queue import IN_FLIGHT

FEW = 60  # jobs: with more, the order is reckoned in a thread: a millisecond of the loop for each fifty

# Every waiting job with its member's turn: one statement, so that they are of one moment.
WAITING = (
    "SELECT job.id, job.guild_id, job.channel_id, job.member_id, model, seconds, hold, revision, due_at, tried_ms,"
    " card_message_id, card_edited_at, card_due_at, card_place, card_place_next,"
    " most_running, flying, turn, since, joined_at"
    " FROM generation AS job JOIN queue_member AS member ON member.member_id = job.member_id"
    " LEFT JOIN guild_setting AS setting ON setting.guild_id = job.guild_id"
    " WHERE state = 'reserved' AND finished_at IS NULL ORDER BY accepted_at, job.id"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRows:
    """The queue as read: the jobs that wait, the oldest first, those in flight, the highest turn served and how many claims."""

    waiting: Sequence[Row]
    flying: Sequence[Row]
    turn: int
    claims: int
    usual: dict[Kind, float]


async def read_queue(read: Read) -> QueueRows:
    """Read all that decides the order, and what the cards show of it."""
    waiting = await read(WAITING, ())
    flying = await read(
        "SELECT model, seconds, member_id, guild_id, coalesce(submitted_at, submitting_at) AS since FROM generation"
        f" WHERE {IN_FLIGHT}",
        (),
    )
    [served] = await read("SELECT turn, claims FROM queue_turn", ())
    usual = await usual_times(read, (_kind(row) for row in (*waiting, *flying)))
    return QueueRows(waiting=waiting, flying=flying, turn=served["turn"], claims=served["claims"], usual=usual)


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
        if took := sorted(row["took"] for row in past):
            middle = took[(len(took) - 1) // 2] + took[len(took) // 2]
            found[model, seconds] = middle / 2 / 1000
    return found


async def view_of(found: QueueRows, *, most: int, now: datetime) -> QueueView:
    """Return what the cards of all waiting jobs show of the queue."""
    if len(found.waiting) <= FEW:
        return _view(found, most, now)
    return await asyncio.to_thread(_view, found, most, now)


def state_of(found: QueueRows) -> QueueState:
    """Return what decides the order."""
    return QueueState(
        jobs=[
            WaitingJob(
                id=row["id"],
                owner=(row["guild_id"], row["member_id"]),
                kind=_kind(row),
                held=row["hold"] is not None,
                most_running=row["most_running"],
            )
            for row in found.waiting
        ],
        members={row["member_id"]: _turn(row) for row in found.waiting},
        flying=[
            FlyingJob(owner=(row["guild_id"], row["member_id"]), kind=_kind(row), since=from_ms(row["since"]))
            for row in found.flying
        ],
        turn=found.turn,
        claims=found.claims,
        usual=found.usual,
    )


def _view(found: QueueRows, most: int, now: datetime) -> QueueView:
    rows = {row["id"]: row for row in found.waiting}
    standing = Counter(row["member_id"] for row in found.flying)
    standing.update(row["member_id"] for row in found.waiting if row["hold"] is None)
    cards = {
        job_id: _card(rows[job_id], place) for job_id, place in places(state_of(found), most=most, now=now).items()
    }
    return QueueView(
        cards=cards,
        usual=found.usual,
        kinds=frozenset(_kind(row) for row in (*found.waiting, *found.flying)),
        free=max(0, most - len(found.flying)),
        begins=[card.place.starts_in for card in cards.values()][:MOST_AHEAD],
        standing=dict(standing),
        levels=sorted(card.place.level for card in cards.values() if card.hold is None and not card.place.late),
        late=[rows[job_id]["member_id"] for job_id, card in cards.items() if card.place.late],
    )


def _card(row: Row, place: QueuePlace) -> WaitingCard:
    tried = row["hold"] is not None or row["tried_ms"] > 0
    return WaitingCard(
        generation_id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        kind=_kind(row),
        revision=row["revision"],
        place=place,
        hold=row["hold"],
        until=last_try(from_ms(row["due_at"]), timedelta(milliseconds=row["tried_ms"])) if tried else None,
        posted=row["card_message_id"] is not None,
        edited_at=from_ms(row["card_edited_at"]),
        due_at=maybe_time(row["card_due_at"]),
        shows=row["card_place"],
        takes=row["card_place_next"],
    )


def _kind(row: Row) -> Kind:
    return row["model"], row["seconds"]


def _turn(row: Row) -> MemberTurn:
    return MemberTurn(flying=row["flying"], turn=row["turn"], since=row["since"], joined_at=row["joined_at"])
