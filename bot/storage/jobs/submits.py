"""Claims a job for its one submit, and records the outcome."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.domain.errors import LostLease
from bot.domain.generation import Generation, State, step
from bot.domain.provider import Format, JobStatus
from bot.domain.queue.claims import Claim
from bot.storage import failover, locks, rows
from bot.storage.columns import DUE, gap_ms, length_ms, maybe_ms, to_ms
from bot.storage.database import Database, Row, Writing, fetch
from bot.storage.jobs.cards import ANSWERING, CARD_GAP_MS, CARD_GRACE_MS, NO_LONGER_NEW
from bot.storage.jobs.fair_queue import IN_FLIGHT, next_job, not_served, served

ANSWERED = "(image_file IS NULL OR card_answered = 1)"
# Nothing is sent while Discord may still refuse the card: see `ServiceContext.unsettled`, for the jobs of other processes.
SETTLED = f"(card_answered = 1 OR NOT {ANSWERING})"
READY = f"{SETTLED} AND ({ANSWERED} OR {NO_LONGER_NEW})"

# A visible change: the card is due, but a progress edit not before the gap after its last one. If the clock was set
# back, that last edit may be later than now.
CARD_DUE = (
    f"CASE WHEN finished_at IS NOT NULL OR card_edited_at <= CAST(:now AS BIGINT) - {CARD_GAP_MS} THEN :now"
    f" WHEN card_edited_at < :now THEN card_edited_at + {CARD_GAP_MS} ELSE CAST(:now AS BIGINT) + {CARD_GAP_MS} END"
)
CHANGED = f"revision = revision + 1, card_due_at = {CARD_DUE}"
FREED = "lease_owner = NULL, lease_until = NULL"
DOUBTED = "state = 'unknown', doubted_at = coalesce(doubted_at, :now)"


async def held(writing: Writing, generation_id: str, claim: Claim) -> Row:
    """Return the row, or raise LostLease if the claim no longer holds it. A crash after this line changes nothing."""
    found = await fetch(
        writing,
        "SELECT * FROM generation WHERE id = ? AND lease_owner = ? FOR NO KEY UPDATE",
        (generation_id, claim.owner),
    )
    if not found:
        raise LostLease(generation_id)
    return found[0]


class SubmitQueries:
    """The part of the store around the paid call."""

    db: Database

    async def claim_submit(
        self,
        claim: Claim,
        *,
        most: int,
        now: datetime,
        there: datetime | None = None,
        unsettled: Collection[str] = (),
    ) -> Generation | None:
        """See `SubmitQueue.claim_submit`.

        Stores the intent: a crash after this leaves `submitting`, never sent again.
        """
        values = {
            "now": to_ms(now),
            "there": maybe_ms(there),
            "owner": claim.owner,
            "until": to_ms(claim.until),
            "grace": CARD_GRACE_MS,
            **{f"unsettled{number}": one for number, one in enumerate(unsettled)},
        }

        async def work(writing: Writing) -> Generation | None:
            await writing.lock(locks.SUBMIT)
            [[flying, noted]] = await fetch(
                writing, f"SELECT count(*) AS flying, {failover.NOTED} AS noted FROM generation WHERE {IN_FLIGHT}"
            )
            if not await failover.may_claim(writing, noted, to_ms(now)) or flying >= most:
                return None
            # One that was cancelled since it was chosen is passed over: the next choice does not see it.
            while chosen := await fetch(writing, next_job(READY, len(unsettled)), values):
                found = await fetch(
                    writing,
                    "UPDATE generation SET state = 'submitting', submitting_at = :now, sent_there = :there,"
                    " attempts = attempts + 1, hold = NULL, lease_owner = :owner, lease_until = :until,"
                    f" {CHANGED} WHERE id = :id AND state = 'reserved' AND lease_owner IS NULL RETURNING *",
                    {**values, "id": chosen[0]["first_id"]},
                )
                if found:
                    await served(writing, found[0]["member_id"])
                    return rows.generation(found[0])
            return None

        return await self.db.write(work)

    async def claim_withdrawn(
        self, claim: Claim, usable: Collection[str], *, now: datetime, unsettled: Collection[str] = ()
    ) -> Generation | None:
        """See `SubmitQueue.claim_withdrawn`."""

        apart = "".join(
            f" AND {column} NOT IN ({', '.join(f':{column}{number}' for number in range(len(among)))})"
            for column, among in (("model", usable), ("id", unsettled))
            if among
        )

        async def work(writing: Writing) -> Generation | None:
            found = await fetch(
                writing,
                "UPDATE generation SET state = 'submitting', submitting_at = :now, hold = NULL, lease_owner = :owner,"
                f" lease_until = :until, {CHANGED} WHERE id = ("
                "SELECT id FROM generation WHERE state = 'reserved' AND finished_at IS NULL AND lease_owner IS NULL"
                f"{apart} AND {DUE} AND ({READY})"
                " ORDER BY due_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED) RETURNING *",
                {
                    "now": to_ms(now),
                    "owner": claim.owner,
                    "until": to_ms(claim.until),
                    "grace": CARD_GRACE_MS,
                    **{f"model{number}": one for number, one in enumerate(usable)},
                    **{f"id{number}": one for number, one in enumerate(unsettled)},
                },
            )
            return rows.generation(found[0]) if found else None

        return await self.db.write(work)

    async def move_submit(self, generation_id: str, claim: Claim, *, model: str, form: Format, now: datetime) -> None:
        """See `SubmitQueue.move_submit`."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            step(State(row["state"]), State.RESERVED)
            await writing.execute(
                "UPDATE generation SET state = 'reserved', model = :model, format = :format, hold = NULL, due_at = :now,"
                f" gap_ms = 0, attempts = 0, {FREED}, {CHANGED} WHERE id = :id",
                {"model": model, "format": form, "now": to_ms(now), "id": generation_id},
            )
            await not_served(writing, row["member_id"])

        await self.db.write(work)

    async def record_submitted(
        self, generation_id: str, claim: Claim | None, status: JobStatus, *, due_at: datetime, now: datetime
    ) -> bool:
        """See `SubmitQueue.record_submitted`."""

        async def work(writing: Writing) -> bool:
            row = await held_or_doubted(writing, generation_id, claim)
            taken = await fetch(
                writing,
                "SELECT 1 FROM generation WHERE format = ? AND job_id = ?",
                (row["format"], status.job_id),
            )
            if taken:
                if State(row["state"]) is not State.UNKNOWN:
                    step(State(row["state"]), State.UNKNOWN)
                await writing.execute(
                    f"UPDATE generation SET {DOUBTED}, {FREED}, {CHANGED} WHERE id = :id",
                    {"now": to_ms(now), "id": generation_id},
                )
                return False
            step(State(row["state"]), State.SUBMITTED)
            await writing.execute(
                "UPDATE generation SET state = 'submitted', job_id = :job, submitted_at = :now, due_at = :due,"
                f" gap_ms = :gap, tried_ms = 0, progress = :progress, {FREED}, {CHANGED} WHERE id = :id",
                {
                    "job": status.job_id,
                    "now": to_ms(now),
                    "due": to_ms(due_at),
                    "gap": gap_ms(due_at, now),
                    "progress": status.progress,
                    "id": generation_id,
                },
            )
            return True

        return await self.db.write(work)

    async def keep_job_id(self, generation_id: str, job_id: str) -> bool:
        """See `SubmitQueue.keep_job_id`."""

        async def work(writing: Writing) -> bool:
            kept = await fetch(
                writing,
                "UPDATE generation SET job_id = ? WHERE id = ? AND job_id IS NULL AND finished_at IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM generation AS other WHERE other.format = generation.format"
                " AND other.job_id = ?) RETURNING id",
                (job_id, generation_id, job_id),
            )
            return bool(kept)

        return await self.db.write(work)

    async def release_submit(
        self,
        generation_id: str,
        claim: Claim,
        *,
        hold: str | None,
        due_at: datetime,
        now: datetime,
        tried: timedelta = timedelta(0),
        stops_all: bool = False,
    ) -> None:
        """See `SubmitQueue.release_submit`."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            step(State(row["state"]), State.RESERVED)
            await writing.execute(
                f"UPDATE generation SET state = 'reserved', hold = :hold, due_at = :due, gap_ms = :gap, {FREED}, {CHANGED}"
                " WHERE id = :id",
                {
                    "hold": hold,
                    "due": to_ms(due_at),
                    "gap": gap_ms(due_at, now),
                    "now": to_ms(now),
                    "id": generation_id,
                },
            )
            await not_served(writing, row["member_id"])
            which = "id = :id"
            if stops_all:  # one that another transaction writes just now is left out: here nothing may be waited for
                which = (
                    "id IN (SELECT id FROM generation WHERE finished_at IS NULL AND state = 'reserved'"
                    " FOR NO KEY UPDATE SKIP LOCKED)"
                )
            await writing.execute(
                f"UPDATE generation SET tried_ms = tried_ms + :tried WHERE {which}",
                {"tried": length_ms(tried), "id": generation_id},
            )

        await self.db.write(work)

    async def record_unclear(self, generation_id: str, claim: Claim, *, now: datetime) -> None:
        """See `SubmitQueue.record_unclear`."""

        async def work(writing: Writing) -> None:
            row = await held(writing, generation_id, claim)
            step(State(row["state"]), State.UNKNOWN)
            await writing.execute(
                f"UPDATE generation SET {DOUBTED}, {FREED}, {CHANGED} WHERE id = :id",
                {"now": to_ms(now), "id": generation_id},
            )

        await self.db.write(work)

    async def unclear(self) -> list[Generation]:
        """Return every unknown generation, the oldest first."""
        return await self._in_state(State.UNKNOWN)

    async def submitting(self, *, now: datetime, leases_at: datetime | None = None) -> list[Generation]:
        """See `SubmitQueue.submitting`."""

        async def work(writing: Writing) -> None:
            await writing.execute(
                f"UPDATE generation SET {DOUBTED}, {FREED}, {CHANGED} WHERE id IN (SELECT id FROM generation"
                " WHERE finished_at IS NULL AND state = 'submitting' AND lease_until <= :leases_at"
                f" {locks.IN_ORDER})",
                {"now": to_ms(now), "leases_at": to_ms(leases_at or now)},
            )

        await self.db.write(work)
        return await self._in_state(State.SUBMITTING)

    async def _in_state(self, state: State) -> list[Generation]:
        found = await self.db.read(
            "SELECT * FROM generation WHERE finished_at IS NULL AND state = ? ORDER BY submitting_at", (state,)
        )
        return await rows.generations(found)

    async def known_jobs(self, job_ids: Sequence[str]) -> set[str]:
        """Return those of these UniAll ids that a generation already owns."""
        if not job_ids:
            return set()
        marks = ", ".join("?" * len(job_ids))
        found = await self.db.read(f"SELECT job_id FROM generation WHERE job_id IN ({marks})", job_ids)
        return {row["job_id"] for row in found}


async def held_or_doubted(writing: Writing, generation_id: str, claim: Claim | None) -> Row:
    """Return the claimed row. Without a claim, only a row in doubt may be changed."""
    if claim is not None:
        return await held(writing, generation_id, claim)
    found = await fetch(
        writing,
        "SELECT * FROM generation WHERE id = ? AND state = 'unknown' FOR NO KEY UPDATE",
        (generation_id,),
    )
    if not found:
        raise LostLease(generation_id)
    return found[0]
